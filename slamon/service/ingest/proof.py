"""Whether a sender knows a secret: in a header, in the address, or by a signature of the body. Compared in constant time."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from slamon.service.secrets import Secrets
from slamon.service.settings.ingest import Scheme

MAX_SIGNATURES = 10  # while its secret rotates a sender signs with each
TOKEN = "token"  # noqa: S105  the name of the parameter


@dataclass(frozen=True, slots=True)
class Proof:
    """How one input is proven; `header` and `prefix` mean nothing to a token."""

    scheme: Scheme
    header: str
    prefix: str
    secrets: Secrets

    @property
    def signs_body(self) -> bool:
        """Whether the body is needed to judge."""
        return self.scheme == "hmac-sha256"

    def holds(self, request: web.Request, secrets: Sequence[bytes], body: bytes = b"") -> bool:
        """Whether the request proves one of the secrets."""
        if self.signs_body:
            return _among(
                self._signatures(request), [hmac.digest(each, body, "sha256").hex().encode() for each in secrets]
            )
        return _among(self._spoken(request), secrets)

    def _spoken(self, request: web.Request) -> list[bytes]:
        """The secret as it was said, none if it was said twice: proxies may differ in which one they look at."""
        if self.scheme == "token":
            found = request.query.getall(TOKEN, [])
        else:
            found = [
                said[len(self.prefix) :]
                for said in request.headers.getall(self.header, [])
                if said[: len(self.prefix)].lower() == self.prefix.lower()  # "bearer" is "Bearer" (RFC 9110 11.1)
            ]
        return [_raw(each) for each in found] if len(found) == 1 else []

    def _signatures(self, request: web.Request) -> list[bytes]:
        said = ",".join(request.headers.getall(self.header, [])).split(",")[:MAX_SIGNATURES]
        found = (each.strip() for each in said)
        return [_raw(each[len(self.prefix) :].lower()) for each in found if each.startswith(self.prefix)]


def _raw(said: str) -> bytes:
    return said.encode("utf-8", "surrogateescape")


def _among(given: Sequence[bytes], expected: Sequence[bytes]) -> bool:
    """Whether any two are the same; all are looked at, so that the time tells nothing."""
    return any([hmac.compare_digest(one, other) for one in given for other in expected])  # noqa: C419  no short cut
