"""Who may read: whoever knows a token or holds a client certificate; if neither was set up, this machine alone."""

import time
from collections.abc import Mapping

import structlog
from aiohttp import web

from slamon.service.ingest.proof import Proof
from slamon.service.problem import Problem
from slamon.service.secrets import Secrets, Unreadable
from slamon.service.settings import Access, is_loopback

BEARER: Mapping[str, str] = {"WWW-Authenticate": 'Bearer realm="slamon"'}
# What a proxy adds: then the peer is not who asks.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")

QUIET_SECONDS = 10.0

log = structlog.get_logger(__name__)


class Gate:
    """Stands before the API."""

    def __init__(self, access: Access) -> None:
        texts = [token.get_secret_value().encode() for token in access.tokens]
        self._proof = Proof("bearer", "Authorization", "Bearer ", Secrets(texts, access.token_files))
        self._has_tokens = bool(access.tokens or access.token_files)
        self._has_certificates = access.client_ca_file is not None
        self._said_at, self._unsaid = -QUIET_SECONDS, 0

    def tokens(self) -> list[str]:
        """Those that open the API now, to ask other workers with; raises Unreadable."""
        return [token.decode("latin-1") for token in self._proof.secrets.current()]

    def check(self, request: web.Request) -> None:
        """Raises Problem for whoever may not read."""
        try:
            self._check(request)
        except Problem as problem:
            self._say(problem, request.remote)
            raise

    def _say(self, problem: Problem, peer: str | None) -> None:
        """One line in ten seconds: strangers must not be able to fill the log."""
        self._unsaid += 1
        now = time.monotonic()
        if now - self._said_at >= QUIET_SECONDS:
            log.warning("access_refused", status=problem.status, reason=problem.error, peer=peer, times=self._unsaid)
            self._said_at, self._unsaid = now, 0

    def _check(self, request: web.Request) -> None:
        if not self._has_tokens and not self._has_certificates:
            _check_local(request)
        elif not (self._has_certificates and _certified(request)) and not self._knows_token(request):
            raise Problem(401, "unauthorized", self._expected, headers=BEARER if self._has_tokens else None)

    @property
    def _expected(self) -> str:
        ways = ["Authorization: Bearer with a token of `access.token_files`"] if self._has_tokens else []
        return "expected " + " or ".join([*ways, "a client certificate"] if self._has_certificates else ways)

    def _knows_token(self, request: web.Request) -> bool:
        if not self._has_tokens:
            return False
        try:
            return self._proof.holds(request, self._proof.secrets.current())
        except Unreadable as error:
            log.error("tokens_unreadable", error=str(error))
            raise Problem(503, "no_secret", "the worker cannot read its tokens") from error


def _certified(request: web.Request) -> bool:
    """Whether the connection showed a certificate; one that is not of our authorities ends the handshake."""
    return bool(request.transport and request.transport.get_extra_info("peercert"))


def _check_local(request: web.Request) -> None:
    """From this machine, by a name of this machine (a page in a browser may send it here by its own), by no proxy."""
    local = is_loopback(request.remote or "") and is_loopback(_host(request))
    if not local or any(name in request.headers for name in FORWARDED):
        detail = "no token is set up, so only this machine may ask: set access.token_files (docs/http.md)"
        raise Problem(403, "not_set_up", detail)


def _host(request: web.Request) -> str:
    """The name by which this machine was asked; empty where it cannot be one."""
    try:
        return request.url.host or ""
    except ValueError:
        return ""
