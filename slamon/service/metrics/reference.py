"""docs/metrics.md, made from the catalogue."""

from collections.abc import Iterator

from slamon.service.metrics.catalogue import FAMILIES, LAG_BUCKETS

HEAD = """# Metrics

Made from `slamon/service/metrics/catalogue.py` by `python -m slamon.service.metrics`; do not edit.

`/metrics` is there from the first second, in the plain form and (by `Accept`) as OpenMetrics.
Label values come from closed sets: policies, objectives and priorities of the policies in force, configured inputs, partitions, and the words of the semantics. Anything else is counted under `other`; a ticket id is never a label.
Every configured series exists at 0 from the start. The OpenMetrics form carries the ticket of a recent breach as exemplar `ticket_id` on `slamon_breaches_total`.
`policy`, `objective`, `priority`, `kind` (`SLA`, `OLA`, `UC`): the promise. A priority that the objective gives no target of its own is `other`.
Besides these, the usual `process_...` metrics of prometheus-client.

| metric | type | labels | what it says |
|---|---|---|---|
"""


def reference() -> str:
    """The page."""
    return HEAD + "\n".join(_rows()) + f"\n\nBuckets of `slamon_detection_lag_seconds`: {_buckets()} seconds.\n"


def _rows() -> Iterator[str]:
    for family in FAMILIES:
        labels = ", ".join(f"`{label}`" for label in family.labels)
        yield f"| `{family.series}` | {family.type} | {labels} | {family.help} |"


def _buckets() -> str:
    return ", ".join(f"{bound:g}" for bound in LAG_BUCKETS)
