"""How the brokers are reached: encryption, certificates, logins."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from slamon.service.settings.section import FilePath, Section, refuse

Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


class Security(Section):
    """How the brokers are reached ([security.md](security.md)). Secrets come from the environment or from files and are never printed. Files are read again when they change: new connections use what they say then."""

    protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="As Kafka names it."
    )
    mechanism: Mechanism | None = Field(None, description="With SASL alone.")
    username: str | None = Field(
        None, min_length=1, max_length=255, description="With PLAIN and SCRAM: this or username_file."
    )
    username_file: FilePath | None = Field(None, description="File that holds the username.")
    password: SecretStr | None = Field(None, min_length=1, description="With PLAIN and SCRAM: this or password_file.")
    password_file: FilePath | None = Field(None, description="File that holds the password; better than the variable.")
    token: SecretStr | None = Field(
        None, min_length=1, description="With OAUTHBEARER: a bearer token; this, token_file or token_url."
    )
    token_file: FilePath | None = Field(None, description="File of a bearer token that somebody else renews.")
    token_url: str | None = Field(
        None,
        pattern=r"^(https://|http://(localhost|127\.0\.0\.1)[:/])[^\s@]+$",
        max_length=2_000,  # beside the pattern: counted in it, it would be compiled into 8 MB
        description="Address of an authorization server that gives tokens to client_id (client credentials grant).",
    )
    token_ca_file: FilePath | None = Field(
        None, description="PEM of the authorities to trust at token_url; unset: those of the system."
    )
    client_id: str | None = Field(None, min_length=1, max_length=255, description="Who asks at token_url.")
    client_secret: SecretStr | None = Field(
        None, min_length=1, description="With token_url: this or client_secret_file."
    )
    client_secret_file: FilePath | None = Field(None, description="File that holds the client's secret.")
    scope: str | None = Field(None, min_length=1, max_length=1000, description="Scope to ask for at token_url.")
    ca_file: FilePath | None = Field(None, description="PEM of the authorities to trust; unset: those of the system.")
    cert_file: FilePath | None = Field(None, description="PEM of the client certificate, for mutual TLS.")
    key_file: FilePath | None = Field(None, description="PEM of the client's key.")
    key_password: SecretStr | None = Field(None, min_length=1, description="Opens key_file, if it is encrypted.")
    key_password_file: FilePath | None = Field(None, description="File that holds it.")

    @property
    def sasl(self) -> bool:
        """Whether a user logs in."""
        return self.protocol.startswith("SASL")

    @property
    def bearer(self) -> bool:
        """Whether the user logs in by a token."""
        return self.mechanism == "OAUTHBEARER"

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.protocol.endswith("SSL")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        from slamon.service.settings.credentials import findings

        refuse(findings(self))
        return self
