"""TLS towards the brokers: contexts that verify them, and one that stays itself while its certificates are renewed."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self


def context_of(ca: Path | None, cert: Path | None, key: Path | None, key_password: str | None) -> ssl.SSLContext:
    """A TLS context that verifies the brokers; raises OSError or ValueError for files that hold nothing of use."""
    context = ssl.create_default_context(cafile=str(ca) if ca else None)
    if cert is not None:
        # Without any password OpenSSL would ask the terminal for that of an encrypted key.
        context.load_cert_chain(cert, key, password=key_password or "")
    return context


class LiveContext(ssl.SSLContext):
    """Every connection shows and trusts what `current` gives when it is made.

    Clients keep one context for all their life, and one that lives can learn authorities but never forget any: so this
    one stands for contexts that are made anew.
    """

    renewed: Callable[[], ssl.SSLContext]

    def __new__(cls, current: Callable[[], ssl.SSLContext]) -> Self:
        made = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        made.renewed = current
        return made

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """What asyncio makes its connections with."""
        return self.renewed().wrap_bio(*args, **options)

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        return self.renewed().wrap_socket(*args, **options)
