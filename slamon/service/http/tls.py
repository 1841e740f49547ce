"""TLS of the port and towards other workers. Every handshake looks at the files: a renewed certificate needs no restart."""

import ssl
from pathlib import Path

from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.followed import Followed
from slamon.service.certificates import told
from slamon.service.settings import Access


def server_context(access: Access) -> ssl.SSLContext | None:
    """What the port speaks, None for plain HTTP; raises WorkerMustEnd where files hold no certificate or key."""
    if access.cert_file is None:
        return None
    try:
        followed = Followed(
            _files(access.cert_file, access.key_file, access.client_ca_file), lambda: _server(access), told
        )
    except (OSError, ValueError) as error:
        raise WorkerMustEnd(
            f"access: expected a certificate, its key and authorities in PEM files, got {type(error).__name__}: {error}"
        ) from error
    context = _server(access)

    def renew(connection: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = followed.current()

    context.sni_callback = renew  # called whether or not the client names a host
    return context


def peer_context(access: Access) -> Followed[ssl.SSLContext] | None:
    """How other workers are asked: their certificates are verified, and ours is shown where certificates open."""
    if access.cert_file is None:
        return None
    return Followed(_files(access.cert_file, access.key_file, _peer_ca(access)), lambda: _peer(access), told)


def _server(access: Access) -> ssl.SSLContext:
    assert access.cert_file is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(access.cert_file, access.key_file)
    if access.client_ca_file is not None:
        context.load_verify_locations(access.client_ca_file)
        context.verify_mode = ssl.CERT_OPTIONAL  # a probe has none; the gate asks for it where it is needed
    return context


def _peer(access: Access) -> ssl.SSLContext:
    assert access.cert_file is not None
    context = ssl.create_default_context(cafile=_peer_ca(access))
    if access.client_ca_file is not None:
        context.load_cert_chain(access.cert_file, access.key_file)
    return context


def _peer_ca(access: Access) -> Path | None:
    return access.peer_ca_file or access.client_ca_file


def _files(*paths: Path | None) -> list[Path]:
    return [path for path in paths if path is not None]
