"""Whether a sender knows a secret: in a header, in the address, or by a signature of the body. Compared in constant time."""

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from slamon.service.secrets import Secrets
from slamon.service.settings.ingest import Scheme
from slamon.sla.instants import parse

MAX_SIGNATURES = 10  # while its secret rotates a sender signs with each
MAX_AGE_MS = 5 * 60_000
AHEAD_MS = 60_000  # how far the sender's clock may go before ours
TOKEN = "token"  # noqa: S105  the name of the parameter
HEX_SIGNED: frozenset[Scheme] = frozenset({"hmac-sha256", "github", "jira", "pagerduty"})
BASE64_SIGNED: frozenset[Scheme] = frozenset({"zendesk"})


@dataclass(frozen=True, slots=True)
class Proof:
    """How one input is proven; `header` and `prefix` mean nothing to a token, `stamp` is the header of a signed time."""

    scheme: Scheme
    header: str
    prefix: str
    secrets: Secrets
    stamp: str | None = None
    max_age_ms: int = MAX_AGE_MS

    @property
    def signs_body(self) -> bool:
        """Whether the body is needed to judge."""
        return self.scheme in HEX_SIGNED | BASE64_SIGNED

    def holds(self, request: web.Request, secrets: Sequence[bytes], body: bytes = b"") -> bool:
        """Whether the request proves one of the secrets."""
        if self.signs_body:
            signed = (self._stamp(request) or "").encode("utf-8", "surrogateescape") + body
            return _among(self._signatures(request), [self._signature(each, signed) for each in secrets])
        if self.scheme == "basic":
            return _among(self._spoken(request), [base64.b64encode(each) for each in secrets])
        return _among(self._spoken(request), secrets)

    def out_of_time(self, request: web.Request, now: int) -> str | None:
        """Why what the request signed is too old, or its time none, for the log; None where no time is signed."""
        if self.stamp is None:
            return None
        try:
            age = now - parse(self._stamp(request) or "")
        except ValueError as error:
            return f"{self.stamp}: expected an instant ({error})"
        if -AHEAD_MS <= age <= self.max_age_ms:
            return None
        return f"{self.stamp}: expected at most {self.max_age_ms // 1000} s ago (max_age), got {age / 1000:.0f} s"

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

    def _stamp(self, request: web.Request) -> str | None:
        said = request.headers.getall(self.stamp, []) if self.stamp else []
        return said[0] if len(said) == 1 else None

    def _signature(self, secret: bytes, signed: bytes) -> bytes:
        digest = hmac.digest(secret, signed, "sha256")
        return base64.b64encode(digest) if self.scheme in BASE64_SIGNED else digest.hex().encode()

    def _signatures(self, request: web.Request) -> list[bytes]:
        said = ",".join(request.headers.getall(self.header, [])).split(",")[:MAX_SIGNATURES]
        found = (each.strip() for each in said)
        bare = (each[len(self.prefix) :] for each in found if each.startswith(self.prefix))
        return [_raw(each if self.scheme in BASE64_SIGNED else each.lower()) for each in bare]


def _raw(said: str) -> bytes:
    return said.encode("utf-8", "surrogateescape")


def _among(given: Sequence[bytes], expected: Sequence[bytes]) -> bool:
    """Whether any two are the same; all are looked at, so that the time tells nothing."""
    return any([hmac.compare_digest(one, other) for one in given for other in expected])  # noqa: C419  no short cut
