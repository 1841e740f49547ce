"""One list or status from what several workers say of theirs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from slamon.service.http.paging import Place, cursor_of
from slamon.service.status import Page
from slamon.sla.instants import parse, render

Body = Mapping[str, Any]


class Kind(NamedTuple):
    """A list by the name of its member, and the place of an entry in its order."""

    name: str
    place: Callable[[Body], Place]


CLOCKS = Kind("clocks", lambda clock: (parse(clock["due_at"]), str(clock["clock_id"])))
SERVICES = Kind("services", lambda service: (str(service["service"]),))


def of_page(kind: Kind, page: Page, partitions: int, now: int) -> dict[str, Any]:
    """What this worker alone says."""
    following = cursor_of(kind.place(page.found[-1])) if page.more and page.found else None
    missing = sorted(set(range(partitions)) - page.read)
    return _body(kind, now, list(page.found), following, missing, page.truncated)


def merged(kind: Kind, own: Body, others: Iterable[Body | None], limit: int) -> dict[str, Any]:
    """The first entries of all, each once; a partition is missing if nobody has looked at it."""
    parts = [own, *(part for part in others if part is not None and _fits(kind, part))]
    entries = {kind.place(entry): entry for part in parts for entry in part[kind.name]}
    places = sorted(entries)[:limit]
    more = len(entries) > limit or any(part["next"] is not None for part in parts)
    following = cursor_of(places[-1]) if more and places else None
    missing = sorted(set.intersection(*(set(part["missing"]) for part in parts)))
    truncated = any(part["truncated"] for part in parts)
    return _body(kind, parse(own["now"]), [entries[place] for place in places], following, missing, truncated)


def status_of(own: Body, others: Mapping[str, Body | None]) -> dict[str, Any]:
    """Every worker with what it says of itself; one that is silent is named."""
    workers = [*own["workers"]]
    for address, body in others.items():
        told = body.get("workers") if body is not None else None
        workers += told if _are_workers(told) else [{"address": address, "answered": False}]
    return whole_status(own["now"], own["policies"], own["expected_partitions"], workers)


def whole_status(now: str, policies: str | None, partitions: int, workers: Sequence[Body]) -> dict[str, Any]:
    """The status of these workers together."""
    owned = {one["number"] for worker in workers for one in worker.get("partitions", ())}
    missing = sorted(set(range(partitions)) - owned)
    return {
        "now": now,
        "ready": not missing and all(worker.get("ready", False) for worker in workers),
        "policies": policies,
        "expected_partitions": partitions,
        "complete": not missing and all(worker["answered"] for worker in workers),
        "missing": missing,
        "workers": list(workers),
    }


def _body(
    kind: Kind, now: int, found: list[Any], following: str | None, missing: list[int], truncated: bool
) -> dict[str, Any]:
    complete = not missing and not truncated
    return {
        "now": render(now), kind.name: found, "next": following,
        "complete": complete, "missing": missing, "truncated": truncated,
    }  # fmt: skip


def _fits(kind: Kind, part: Body) -> bool:
    """Whether another worker's answer is the list asked for; another release may say something else."""
    try:
        for entry in part[kind.name]:
            kind.place(entry)
        numbers = all(isinstance(number, int) for number in part["missing"])
    except (KeyError, TypeError, ValueError):
        return False
    return numbers and "next" in part and "truncated" in part


def _are_workers(told: Any) -> bool:
    return isinstance(told, list) and all(
        isinstance(one, dict)
        and one.get("answered") is True
        and isinstance(one.get("partitions"), list)
        and all(isinstance(each, dict) and isinstance(each.get("number"), int) for each in one["partitions"])
        for one in told
    )
