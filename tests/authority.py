"""A certificate authority of a test's own making."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HOUR = 3600.0


class Authority:
    """Signs certificates for 127.0.0.1; `file` is the PEM of its own."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder, self._name = folder, _named(name)
        self._key = generate_private_key(SECP256R1())
        self.file = folder / f"{name}.pem"
        made = _begun(self._name, self._name, self._key, HOUR)
        basic = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.file.write_bytes(basic.sign(self._key, SHA256()).public_bytes(Encoding.PEM))

    def signed(self, name: str, seconds: float = HOUR, password: bytes | None = None) -> tuple[bytes, bytes]:
        """The PEMs of a certificate that is good for so long from now, and of its key."""
        key = generate_private_key(SECP256R1())
        made = _begun(_named(name), self._name, key, seconds)
        address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        signed = made.add_extension(address, critical=False).sign(self._key, SHA256())
        return signed.public_bytes(Encoding.PEM), _pem(key, password)

    def write(self, name: str, folder: Path | None = None, seconds: float = HOUR) -> tuple[Path, Path]:
        """The files of such a certificate and its key, made or replaced."""
        place = folder or self._folder
        files = place / f"{name}.crt", place / f"{name}.key"
        for file, pem in zip(files, self.signed(name, seconds), strict=True):
            file.write_bytes(pem)
        return files


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _begun(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, seconds: float
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    return made.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(seconds=seconds))


def _pem(key: EllipticCurvePrivateKey, password: bytes | None) -> bytes:
    locked = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
