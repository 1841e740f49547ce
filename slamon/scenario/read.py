"""A scenario file -> a Scenario, or every problem of it at once with its line."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from slamon.engine.limits import Limits
from slamon.offline.wall import instant
from slamon.policy_file import PolicyFileError, Problem
from slamon.policy_file.problems import Loc, shown
from slamon.policy_file.yaml_documents import MAX_BYTES, Document
from slamon.policy_file.yaml_documents import read as read_yaml
from slamon.scenario.expected import Claim, ClockClaim, claim, clock_claim
from slamon.scenario.forms import LimitsForm, ScenarioForm
from slamon.scenario.promises import promises
from slamon.scenario.timeline import SERVICE, TICKET, Arrival, arrivals
from slamon.scenario.wording import findings
from slamon.sla.durations import parse_duration
from slamon.sla.events import ServiceEvent
from slamon.sla.expectation import Unexpected
from slamon.sla.policy import Activation, PolicyBook

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens (`arrivals` in the order they arrive), and what is expected of it; instants are epoch ms."""

    file: str
    title: str
    zone: str
    book: PolicyBook
    limits: Limits
    arrivals: tuple[Arrival, ...]
    ticks: tuple[int, ...]
    until: int | None
    expect: tuple[Claim, ...] | None
    only: tuple[str, ...]
    corrections: tuple[Claim, ...] | None
    refused: tuple[str, ...] | None
    clocks: tuple[ClockClaim, ...] | None

    @property
    def arrival_decides(self) -> bool:
        """Whether records are refused, which depends on what came before: then no other order has the same outcome."""
        return bool(self.refused)


def read(path: Path) -> Scenario:
    """The scenario of the file; raises PolicyFileError with every problem."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise PolicyFileError(
            [Problem(str(path), 0, "", "a scenario file", "nothing there", unreadable=True)]
        ) from None
    except OSError as error:
        got = error.strerror or str(error)
        raise PolicyFileError([Problem(str(path), 0, "", "a file that can be read", got, unreadable=True)]) from None
    return from_bytes(str(path), content)


def from_bytes(file: str, content: bytes) -> Scenario:
    """The scenario of a text; raises PolicyFileError with every problem."""
    documents, problems = read_yaml(file, content)
    if not problems and len(documents) != 1:
        problems = [Problem(file, 0, "", "one scenario in a file", f"{len(documents)} documents")]
    if problems:
        raise PolicyFileError(problems)
    (document,) = documents
    try:
        return _Reading(document, ScenarioForm.model_validate(document.value)).scenario()
    except ValidationError as error:
        wrong = [document.problem(f.loc, f.expected, f.got, f.hint) for f in findings(ScenarioForm, error)]
        raise PolicyFileError(wrong) from None


class _Reading:
    """Reads what the form leaves as text, and gathers what is wrong with it."""

    def __init__(self, document: Document, form: ScenarioForm) -> None:
        self.document, self.form, self.zone = document, form, form.zone
        self.problems: list[Problem] = []

    def scenario(self) -> Scenario:
        form, each = self.form, self._each
        service = form.service or SERVICE
        came = self._tried(("timeline",), lambda: arrivals(form.timeline, self.zone, service, self._problem)) or ()
        self._require_end(came)
        first = min((arrival.event.at for arrival in came), default=0)
        book = PolicyBook(tuple(self._activations(first)))
        made = Scenario(
            self.document.file,
            form.title,
            self.zone,
            book,
            self._limits(form.limits),
            tuple(came),
            tuple(sorted(each("ticks", form.ticks, self._instant) or ())),
            None if form.until is None else self._tried(("until",), lambda: self._instant(form.until)),
            each("expect", form.expect, self._claim),
            tuple(form.expect_only),
            each("corrections", form.corrections, self._claim),
            None if form.refused is None else tuple(form.refused),
            each("clocks", form.clocks, lambda raw: clock_claim(raw, self.zone, self._subject(came))),
        )
        if self.problems:
            raise PolicyFileError(self.problems)
        return made

    def _require_end(self, came: Iterable[Arrival]) -> None:
        if self.form.until is None and any(isinstance(arrival.event, ServiceEvent) for arrival in came):
            self._problem(
                (), "`until`, the last instant that counts", "none", "one period of a service follows the other"
            )

    def _subject(self, came: Iterable[Arrival]) -> str:
        """Whose clocks are meant where none is named: the service's, if there is no ticket."""
        services = all(isinstance(arrival.event, ServiceEvent) for arrival in came)
        return (self.form.service or SERVICE) if services else TICKET

    def _activations(self, first: int) -> Iterator[Activation]:
        loaded = self._promises((), self.form, first)
        if loaded is not None:
            yield Activation(0, loaded.policies)
        for number, change in enumerate(self.form.changes):
            at = self._tried(("changes", number, "at"), lambda c=change: self._instant(c.at))
            loaded = self._promises(("changes", number), change, first if at is None else at)
            if loaded is not None and at is not None:
                yield Activation(at, loaded.policies, change.apply_to == "open")

    def _promises(self, loc: Loc, form: Any, now_ms: int) -> Any:
        try:
            return promises(form, self.document, loc, self.zone, now_ms)
        except PolicyFileError as error:
            self.problems += error.problems
            return None

    def _limits(self, form: LimitsForm) -> Limits:
        given: dict[str, int] = {}
        for name in LimitsForm.model_fields:
            text = getattr(form, name)
            if text is not None:
                given[f"{name}_ms"] = self._tried(("limits", name), lambda t=text: parse_duration(t)) or 0
        return Limits(**given)

    def _instant(self, text: str | None) -> int:
        return instant(str(text), self.zone)

    def _claim(self, form: Any) -> Claim:
        return claim(form, self.zone)

    def _each(self, key: str, given: list[Any] | None, make: Callable[[Any], Found]) -> tuple[Found, ...] | None:
        if given is None:
            return None
        made = [self._tried((key, n), lambda v=value: make(v)) for n, value in enumerate(given)]
        return tuple(one for one in made if one is not None)

    def _tried(self, loc: Loc, make: Callable[[], Found]) -> Found | None:
        try:
            return make()
        except Unexpected as problem:
            inner = (*loc, problem.where) if problem.where else loc
            self._problem(inner, problem.expected, shown(problem.got), problem.hint)
            return None

    def _problem(self, loc: Loc, expected: str, got: str, hint: str = "") -> None:
        self.problems.append(self.document.problem(loc, expected, got, hint))
