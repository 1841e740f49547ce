"""How the brokers are reached, in the words of Faust."""

from collections.abc import Mapping
from typing import Any

from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials


def faust_credentials(security: Mapping[str, Any]) -> Any:
    """What Faust calls its credentials, or None for a plain connection; without a context SASL would go unencrypted."""
    protocol = security.get("security_protocol", "PLAINTEXT")
    context = security.get("ssl_context")
    if not protocol.startswith("SASL"):
        return None if context is None else SSLCredentials(context)
    if security["sasl_mechanism"] == "OAUTHBEARER":
        return OAuthCredentials(oauth_cb=security["sasl_oauth_token_provider"], ssl_context=context)
    return SASLCredentials(
        username=security["sasl_plain_username"],
        password=security["sasl_plain_password"],
        mechanism=security["sasl_mechanism"],
        ssl_context=context,
    )
