"""What a comparison found, for people and for programs; the same findings are always told in the same words."""

import json
from collections.abc import Mapping
from typing import TextIO

from slamon.reconcile.compare import Difference, What
from slamon.reconcile.export import Export
from slamon.reconcile.find import SHOWN, Found, Terms
from slamon.sla.instants import render

WORDS: Mapping[What, str] = {What.EQUAL: "equal", What.NEWER: "newer here"}


def plain(one: Difference) -> dict[str, object]:
    """The difference as JSON values."""
    return {
        "what": one.what.value,
        "ticket": one.ticket,
        "at": render(one.at),
        "objectives": list(one.objectives),
        "here": one.here,
        "there": one.there,
        "records": [{"id": record.id, "event": record.kind.value, "at": render(record.at)} for record in one.records],
    }


def sentence(one: Difference) -> str:
    """The difference in one line."""
    what = {
        What.CLOSED: f"{_status(one.here)} here, {_status(one.there)} in the export at {render(one.at)}",
        What.CHANGED: f"{_status(one.here)} here, {_status(one.there)} in the export at {render(one.at)}",
        What.UNKNOWN: f"not here, {_status(one.there)} in the export at {render(one.at)}",
        What.ABSENT: f"{_status(one.here)} here, not in the export"
        + (f": cancelled as of {render(one.at)}" if one.records else f"; last heard of at {render(one.at)}"),
    }[one.what]
    return f"{one.what.value:<8} {one.ticket}  {', '.join(one.objectives)}  {what}"


def tell(found: Found, export: Export, terms: Terms, *, stdout: TextIO, as_json: bool) -> None:
    """Every difference; for people also what was compared."""
    for one in found.ordered():
        print(json.dumps(plain(one), sort_keys=True) if as_json else sentence(one), file=stdout)
    if as_json:
        return
    newest = f", the newest of {render(export.newest)}" if export.newest is not None else ""
    print(f"export: {len(export.told)} tickets in {export.rows} rows{newest}", file=stdout)
    print(
        f"slamon: {found.open_clocks} open clocks of {found.held} tickets of {', '.join(sorted(terms.sources))}",
        file=stdout,
    )
    counts = [f"{found.counts[what]} {WORDS.get(what, what.value)}" for what in (*SHOWN, What.EQUAL, What.NEWER)]
    print(f"{', '.join(counts)}, {found.too_old} older than limits.retention", file=stdout)


def _status(status: str | None) -> str:
    return "without status" if status is None else f"'{status}'"
