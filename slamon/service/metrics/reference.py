"""docs/metrics.md, made from the catalogue."""

from collections.abc import Iterator, Sequence

from slamon.service.metrics.catalogue import FAMILIES, LAG_BUCKETS, Family
from slamon.service.metrics.notify_catalogue import NOTIFY_FAMILIES
from slamon.service.metrics.services import EVERY, MAX_SEEN

HEAD = """# Metrics

Made from `slamon/service/metrics/catalogue.py` by `python -m slamon.service.metrics`; do not edit.

`/metrics` is there from the first second, in the plain form and (by `Accept`) as OpenMetrics.
Label values come from closed sets: policies, objectives and priorities of the policies in force, configured inputs, partitions, and the words of the semantics. Anything else is counted under `other`; a ticket id is never a label.
Every configured series exists at 0 from the start, those of services once their partition is owned. The OpenMetrics form carries the ticket or service of a recent breach as exemplar (`ticket_id`, `service`) on `slamon_breaches_total`.
`policy`, `objective`, `priority`, `kind` (`SLA`, `OLA`, `UC`): the promise. A priority that the objective gives no target of its own is `other`; promises about services have none (`priority=""`).
`service`: the services that policies name in `services:`, and up to {seen} others of a worker; the rest are `other`, which shows the worst of them (of states, how many). Only the worker that owns a service's partition shows it, as it was about {every:g} s ago, longer where a worker has many. A service that a policy names is there before its first record: `unknown`, without figures (NaN). Drafts are left out.
Besides these, the usual `process_...` metrics of prometheus-client.

| metric | type | labels | what it says |
|---|---|---|---|
"""


OF_NOTIFY = """
## slamon notify

On a port of its own (`notify.http_port`); `receiver` is a name of the settings. [notify.md](notify.md) says what pages are.

| metric | type | labels | what it says |
|---|---|---|---|
"""


def reference() -> str:
    """The page."""
    return (
        HEAD.format(seen=MAX_SEEN, every=EVERY)
        + "\n".join(_rows(FAMILIES))
        + f"\n\nBuckets of `slamon_detection_lag_seconds`: {_buckets()} seconds.\n"
        + OF_NOTIFY
        + "\n".join(_rows(NOTIFY_FAMILIES))
        + "\n"
    )


def _rows(families: Sequence[Family]) -> Iterator[str]:
    for family in families:
        labels = ", ".join(f"`{label}`" for label in family.labels)
        yield f"| `{family.series}` | {family.type} | {labels} | {family.help} |"


def _buckets() -> str:
    return ", ".join(f"{bound:g}" for bound in LAG_BUCKETS)
