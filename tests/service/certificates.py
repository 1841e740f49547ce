"""Certificates of a test's own making."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID


def chain(*ends: datetime) -> bytes:
    """The PEM of certificates that end then, each signed by itself."""
    return b"".join(_one(end) for end in ends)


def _one(end: datetime) -> bytes:
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "slamon")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    dated = made.not_valid_before(end - timedelta(days=30)).not_valid_after(end)
    return dated.sign(key, SHA256()).public_bytes(Encoding.PEM)
