"""What a request asks for, read strictly: a parameter that is misspelt, repeated or out of bounds is refused."""

import re

from aiohttp import web

from slamon.service.due import EVER, Wanted
from slamon.service.http.paging import place_of
from slamon.service.problem import Problem
from slamon.sla.durations import parse_duration

MAX_ID = 512
MAX_LISTED, USUAL_LISTED = 100, 20
ID = f"[^\\x00-\\x1f\\x7f]{{1,{MAX_ID}}}"
WITHIN = "[1-9][0-9]{0,5}(ms|s|m|h|d|w)"
BAD = {"ticket": "bad_ticket", "service": "bad_service", "policy": "bad_policy"}
HOP = "Slamon-Hop"  # of a question that a worker has passed on: it is answered from this worker alone


def check_known(request: web.Request, *names: str) -> None:
    """Raises Problem for a parameter of another name, or one given twice."""
    for name in request.query:
        if name not in names:
            known = f"known here: {', '.join(names)}" if names else "there are none here"
            raise Problem(400, "unknown_parameter", f"expected no parameter {name!r:.60} ({known})")
        if len(request.query.getall(name)) > 1:
            raise Problem(400, "bad_parameter", f"expected {name} once")
    if request.headers.get(HOP, "1") != "1":
        raise Problem(400, "bad_parameter", f"expected the header {HOP} as 1, or not at all")


def passed_on(request: web.Request) -> bool:
    """Whether another worker asks, or somebody who means this worker alone."""
    return HOP in request.headers


def subject_of(request: web.Request, kind: str) -> str:
    """The id in the path; `kind` is ticket, service or policy."""
    subject = request.match_info["id"]
    if not _is_id(subject):
        raise Problem(400, BAD[kind], f"expected a {kind} id of at most {MAX_ID} characters, none of control")
    return subject


def limit_of(request: web.Request) -> int:
    """How many the request asks for."""
    asked = request.query.get("limit", str(USUAL_LISTED))
    if not re.fullmatch("[0-9]{1,3}", asked) or not 1 <= int(asked) <= MAX_LISTED:
        raise Problem(400, "bad_limit", f"expected limit as a number from 1 to {MAX_LISTED}")
    return int(asked)


def after_of(request: web.Request) -> str:
    """The service behind which a page begins; empty for the first."""
    cursor = request.query.get("cursor")
    return "" if cursor is None else str(place_of(cursor, str)[0])


def wanted_of(request: web.Request, now: int) -> Wanted:
    """Which clocks at risk the request asks for."""
    cursor = request.query.get("cursor")
    after = (-1, "") if cursor is None else place_of(cursor, int, str)
    names = {name: _name(request, name) for name in ("policy", "customer", "group")}
    return Wanted(limit_of(request), (after[0], after[1]), _before(request, now), **names)


def _before(request: web.Request, now: int) -> int:
    within = request.query.get("within")
    if within is None:
        return EVER
    if not re.fullmatch(WITHIN, within, re.ASCII):
        raise Problem(400, "bad_within", "expected within as a duration like 30m, 4h or 2d")
    return now + parse_duration(within)


def _name(request: web.Request, name: str) -> str | None:
    given = request.query.get(name)
    if given is not None and not _is_id(given):
        raise Problem(400, "bad_parameter", f"expected {name} as 1 to {MAX_ID} characters, none of control")
    return given


def _is_id(text: str) -> bool:
    # Half of a surrogate pair is no character: nothing that was read can have such an id.
    return bool(re.fullmatch(ID, text)) and text.encode(errors="ignore").decode() == text
