"""Commands called in this process, as a shell would call them."""

from io import StringIO
from pathlib import Path
from typing import NamedTuple

from slamon.cli import main

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT.parent / "shared" / "data" / "servicenow-incidents-sample.csv.gz"
POLICIES = ROOT / "examples" / "quickstart" / "policies.yaml"
TICKETS = Path(__file__).with_name("tickets.ndjson")


class Said(NamedTuple):
    """What a command ended with and wrote."""

    code: int
    out: str
    err: str


def call(*words: object) -> Said:
    """Runs `slamon WORDS`."""
    out, err = StringIO(), StringIO()
    return Said(main([str(word) for word in words], out, err), out.getvalue(), err.getvalue())
