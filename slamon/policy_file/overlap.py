"""Whether two policies could cover the same ticket: proven not to only by fields that can not hold both values."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from slamon.sla.conditions import All, Any, Condition, Field, Not
from slamon.sla.coverage import slot_of
from slamon.sla.events import Value
from slamon.sla.policy import Agreement, Objective, Policy

MAX_CASES = 200  # a condition with more alternatives than this proves nothing, so it is never worth a slow load

MAX_RIVALS = 5  # a thousand policies that all tie are a thousand problems, not half a million

# Fields that hold several values at once: one ticket can have both tags.
MANY_VALUED = frozenset({"tags", "labels", "components", "watchers"})


@dataclass(frozen=True, slots=True)
class Values:
    """What a field may hold: one of `among`, or (`negated`) anything else."""

    among: frozenset[str]
    negated: bool = False

    def excludes(self, other: "Values", single: bool) -> bool:
        """Whether no value fits both; a field of several values only if one forbids all that the other wants."""
        if self.negated and other.negated:
            return False
        if self.negated or other.negated:
            wanted, forbidden = (other, self) if self.negated else (self, other)
            return wanted.among <= forbidden.among
        return single and not self.among & other.among


Case = tuple[tuple[str, Values], ...]


@dataclass(frozen=True, slots=True)
class Covers:
    """A policy and the cases in which it covers a ticket; none: it never does."""

    policy: Policy
    cases: Sequence[Case]

    def promising(self, objective: Objective) -> Sequence[Case]:
        """The cases in which the objective promises something: a value without a target has no promise."""
        if objective.targets.default is not None:
            return self.cases
        field = objective.targets.field
        values = Values(frozenset(form for value in objective.targets.by_value for form in _forms(value)))
        return [(*case, (field, values)) for case in self.cases]


def could_meet(one: Covers, two: Covers) -> set[str]:
    """The objectives that both could promise to one ticket; `*` if one of them exempts what the other promises."""
    if _apart_in_time(one.policy.agreement, two.policy.agreement) or not _compatible(one.cases, two.cases):
        return set()
    if one.policy.exempt or two.policy.exempt:
        return {"*"}
    ours, theirs = ({o.name: o for o in covers.policy.objectives} for covers in (one, two))
    shared = ours.keys() & theirs.keys()
    return {name for name in shared if _compatible(one.promising(ours[name]), two.promising(theirs[name]))}


def _apart_in_time(one: Agreement | None, two: Agreement | None) -> bool:
    if one is None or two is None:
        return False
    return _ends_before(one, two) or _ends_before(two, one)


def _ends_before(one: Agreement, two: Agreement) -> bool:
    return (
        one.effective_until is not None and two.effective_from is not None and one.effective_until <= two.effective_from
    )


def _compatible(ours: Sequence[Case], theirs: Sequence[Case]) -> bool:
    return any(_fit(left, right) for left in ours for right in theirs)


def _bounded(condition: Condition | None) -> Sequence[Case]:
    """The cases in which a condition holds; the one that says nothing, if there are too many."""
    if condition is None:
        return [()]
    cases = list(islice(_cases(condition, positive=True), MAX_CASES + 1))
    return cases if len(cases) <= MAX_CASES else [()]


def _fit(left: Case, right: Case) -> bool:
    return not any(
        one == two and ours.excludes(theirs, one not in MANY_VALUED) for one, ours in left for two, theirs in right
    )


def _cases(condition: Condition, positive: bool) -> Iterator[Case]:
    """The alternatives under which the condition holds (or, negated, does not), each a conjunction of field values."""
    match condition:
        case Field(name, values):
            yield ((name, Values(frozenset(form for value in values for form in _forms(value)), not positive)),)
        case Not(part):
            yield from _cases(part, not positive)
        case All(parts) | Any(parts) if isinstance(condition, All) is positive:
            yield from _conjunction(parts, positive)
        case All(parts) | Any(parts):
            for part in parts:
                yield from _cases(part, positive)
        case _:
            yield ()


def _conjunction(parts: tuple[Condition, ...], positive: bool) -> Iterator[Case]:
    # One more than is looked at: a list that was cut short must not pass for a whole one.
    bounded = [list(islice(_cases(part, positive), MAX_CASES + 1)) for part in parts]
    for cases in product(*bounded):
        yield tuple(fact for case in cases for fact in case)


def _forms(value: Value) -> tuple[str, ...]:
    """A value as conditions compare it: text without case, numbers also as numbers (1 is 1.0); null is its own."""
    if value is None:
        return ("\0null",)
    text = str(value).casefold()
    return (text, f"\0{float(value)}") if isinstance(value, int | float) else (text,)


def tied(policies: Mapping[str, Policy]) -> Iterator[tuple[str, str, set[str]]]:
    """Pairs of names, sorted, that neither level nor rank puts in order although they could cover one ticket.

    At most `MAX_RIVALS` for the second of them.
    """
    groups: dict[tuple[str, str, int], dict[str, Covers]] = {}
    for name, policy in sorted(policies.items()):
        groups.setdefault((slot_of(policy), policy.level, policy.rank), {})[name] = Covers(
            policy, _bounded(policy.when)
        )
    told: Counter[str] = Counter()
    for group in groups.values():
        for one, two in _candidates(group):
            if told[two] < MAX_RIVALS and (shared := could_meet(group[one], group[two])):
                told[two] += 1
                yield one, two, shared


def _candidates(group: Mapping[str, Covers]) -> Iterator[tuple[str, str]]:
    """Pairs worth a look: those that some value of the field that most of them go by could bring together."""
    pinned = {name: _pinned(covers.cases) for name, covers in group.items()}
    field = next(iter(Counter(name for values in pinned.values() for name in values).most_common(1)), ("", 0))[0]
    by_value: dict[str, list[str]] = {}
    loose: list[str] = []
    for place, (name, values) in enumerate(pinned.items()):
        wanted = values.get(field)
        earlier = list(group)[:place] if wanted is None else [*loose, *(n for v in wanted for n in by_value.get(v, ()))]
        yield from ((one, name) for one in sorted(set(earlier)))
        if wanted is None:
            loose.append(name)
        for value in wanted or ():
            by_value.setdefault(value, []).append(name)


def _pinned(cases: Sequence[Case]) -> dict[str, frozenset[str]]:
    """For each field that holds certain values in every case, all of those values."""
    ones = [{name: v.among for name, v in case if not v.negated and name not in MANY_VALUED} for case in cases]
    always = set(ones[0]).intersection(*ones[1:]) if ones else set()
    return {name: frozenset[str]().union(*(case[name] for case in ones)) for name in sorted(always)}
