"""Whether two policies could cover the same ticket: proven not to only by fields that can not hold both values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from slamon.sla.conditions import All, Any, Condition, Field, Not
from slamon.sla.events import Value
from slamon.sla.policy import Agreement, Objective, Policy

MAX_CASES = 200  # a condition with more alternatives than this proves nothing, so it is never worth a slow load

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


def could_meet(one: Policy, two: Policy) -> set[str]:
    """The objectives that both could promise to one ticket; `*` if one of them exempts what the other promises."""
    if _apart_in_time(one.agreement, two.agreement) or not _compatible(one.when, two.when):
        return set()
    if one.exempt or two.exempt:
        return {"*"}
    ours, theirs = ({o.name: o for o in policy.objectives} for policy in (one, two))
    return {name for name in ours.keys() & theirs.keys() if _both_promise(one, ours[name], two, theirs[name])}


def _both_promise(one: Policy, ours: Objective, two: Policy, theirs: Objective) -> bool:
    return _compatible(_narrowed(one.when, ours), _narrowed(two.when, theirs))


def _narrowed(when: Condition | None, objective: Objective) -> Condition | None:
    """The condition under which the objective promises something: a value without a target has no promise."""
    if objective.targets.default is not None:
        return when
    values = Field(objective.targets.field, tuple(objective.targets.by_value))
    return values if when is None else All((when, values))


def _apart_in_time(one: Agreement | None, two: Agreement | None) -> bool:
    if one is None or two is None:
        return False
    return _ends_before(one, two) or _ends_before(two, one)


def _ends_before(one: Agreement, two: Agreement) -> bool:
    return (
        one.effective_until is not None and two.effective_from is not None and one.effective_until <= two.effective_from
    )


def _compatible(one: Condition | None, two: Condition | None) -> bool:
    if one is None or two is None:
        return True
    ours, theirs = _bounded(one), _bounded(two)
    return any(_fit(left, right) for left in ours for right in theirs)


def _bounded(condition: Condition) -> list[Case]:
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
            yield ((name, Values(frozenset(map(_folded, values)), not positive)),)
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
    bounded = [list(islice(_cases(part, positive), MAX_CASES)) for part in parts]
    for cases in product(*bounded):
        yield tuple(fact for case in cases for fact in case)


def _folded(value: Value) -> str:
    """A value as conditions compare it: text without case; `null` is a value of its own."""
    return "\0null" if value is None else str(value).casefold()


def tied(policies: Mapping[str, Policy]) -> Iterator[tuple[str, str, set[str]]]:
    """Pairs of names, sorted, that neither level nor rank puts in order although they could cover one ticket."""
    ordered = sorted(policies.items())
    for index, (name, policy) in enumerate(ordered):
        for other, rival in ordered[index + 1 :]:
            if (policy.level, policy.rank) == (rival.level, rival.rank) and (shared := could_meet(policy, rival)):
                yield name, other, shared
