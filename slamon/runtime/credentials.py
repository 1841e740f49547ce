"""How the brokers are reached, in the words of aiokafka and in those of Faust."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiokafka.helpers import create_ssl_context
from faust.auth import SASLCredentials, SSLCredentials


def ssl_context(ca: Path | None, cert: Path | None, key: Path | None, key_password: str | None) -> Any:
    """A TLS context that verifies the brokers."""
    paths = {"cafile": ca, "certfile": cert, "keyfile": key}
    return create_ssl_context(**{name: str(path) for name, path in paths.items() if path}, password=key_password)


def faust_credentials(security: Mapping[str, Any]) -> Any:
    """What Faust calls its credentials, or None for a plain connection; without a context SASL would go unencrypted."""
    protocol = security.get("security_protocol", "PLAINTEXT")
    context = security.get("ssl_context")
    if protocol.startswith("SASL"):
        return SASLCredentials(
            username=security["sasl_plain_username"],
            password=security["sasl_plain_password"],
            mechanism=security["sasl_mechanism"],
            ssl_context=context,
        )
    return None if context is None else SSLCredentials(context)
