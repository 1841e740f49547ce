"""Who slamon is to the brokers, as far as its settings tell."""

import binascii
import json
from base64 import urlsafe_b64decode

from cryptography import x509

from slamon.service.settings import Security
from slamon.service.settings.credentials import token, username

UNKNOWN = "User:..."  # what the token speaks of, in words of the authorization server


def principal_of(security: Security) -> str:
    """As an authorizer names it, unless the brokers map names: `User:` and the login, the certificate's subject, the `sub` of the token."""
    if security.sasl:
        return _of_token(security) if security.bearer else f"User:{username(security)}"
    if security.cert_file is None:
        return "User:ANONYMOUS"
    subject = x509.load_pem_x509_certificate(security.cert_file.read_bytes()).subject
    return f"User:{subject.rfc4514_string()}"


def login_of(security: Security) -> str | None:
    """How Strimzi calls the login of such a user, None where it makes none of the kind."""
    if security.mechanism == "SCRAM-SHA-512":
        return "scram-sha-512"
    return "tls" if security.protocol == "SSL" and security.cert_file else None


def _of_token(security: Security) -> str:
    text = token(security) if security.token_url is None else None
    try:
        payload = (text or "").split(".")[1]
        return f"User:{json.loads(urlsafe_b64decode(payload + '=' * (-len(payload) % 4)))['sub']}"
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return UNKNOWN
