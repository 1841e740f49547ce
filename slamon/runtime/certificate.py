"""When the certificate ends by which this worker shows the brokers who it is."""

from pathlib import Path


def ends_at(cert_file: Path) -> float:
    """Epoch seconds at which the first certificate of the PEM's chain ends: without any of them nobody trusts the rest.

    Raises OSError or ValueError if the file holds none.
    """
    from cryptography import x509  # 6 MB, which a worker without a certificate of its own does not need

    chain = x509.load_pem_x509_certificates(cert_file.read_bytes())
    return min(each.not_valid_after_utc.timestamp() for each in chain)
