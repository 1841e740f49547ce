"""What a look at the surroundings found: how bad, what is wrong, what mends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """Also the exit code of a command that reports findings."""

    OK = 0
    WARN = 1
    FAIL = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of one check; `mend` is the command or the change of settings that ends it, empty when nothing is wrong."""

    severity: Severity
    what: str
    mend: str = ""

    def __str__(self) -> str:
        line = f"{self.severity.name.lower():4} {self.what}"
        return f"{line}\n     mend: {self.mend}" if self.mend else line


def ok(what: str) -> Finding:
    return Finding(Severity.OK, what)


def warn(what: str, mend: str) -> Finding:
    return Finding(Severity.WARN, what, mend)


def fail(what: str, mend: str) -> Finding:
    return Finding(Severity.FAIL, what, mend)


def worst(findings: Iterable[Finding]) -> Severity:
    """The severity a command ends with; OK when nothing was found."""
    return max((finding.severity for finding in findings), default=Severity.OK)
