"""Which label values may appear: those of the policies and inputs in force; everything else is `other`."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from slamon.service.metrics.catalogue import CLOSED, OTHER, OWN, WORDS, Family
from slamon.sla.conditions import Field, leaves
from slamon.sla.events import Value
from slamon.sla.policy import Objective, PolicySet

KINDS = ("SLA", "OLA", "UC")
FIELDS = frozenset({"status", "priority", "group", "assignee", "customer", "type"})
MAX_NAMED = 1_000  # services that policies name
MAX_PROMISES = 2_000  # pairs of policy and objective; beyond it new ones are `other`
NO_PRIORITY = ("",)  # of promises about services: Prometheus takes an empty label for none
GIVEN = frozenset({
    "policy", "objective", "priority", "kind", "partition", "version", "python", "faust", "service", "factor", "window",
})  # fmt: skip
VANISHING = frozenset({"partition", "version", "service"})  # a series goes with the thing it is named after


class Vocabulary:
    """The closed sets. Policies that were in force once stay known, so that no counter vanishes on a reload."""

    def __init__(self, topics: Mapping[str, str], posted: Iterable[str] = ()) -> None:
        """`topics`: full name -> the word for it, of every topic that is read; `posted`: the inputs open to HTTP."""
        self._topics, self._posted = dict(topics), tuple(posted)
        self._promises: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {}
        self._fields = set(FIELDS)
        self.services: set[str] = set()  # that a policy names

    def learn(self, policies: PolicySet) -> None:
        """Every promise of these policies is a known one from now on."""
        for policy in policies.policies:
            if policy.uptime is not None and policy.when is not None:
                named = [value for leaf in leaves(policy.when) for value in _services(leaf) if isinstance(value, str)]
                self.services.update(named[: max(0, MAX_NAMED - len(self.services))])
            for objective in policy.objectives:
                pair = (policy.name, objective.name)
                if pair in self._promises or len(self._promises) < MAX_PROMISES:
                    known = self._promises.get(pair, ("", ()))[1]
                    own = NO_PRIORITY if policy.uptime is not None else _priorities(objective)
                    self._promises[pair] = (str(policy.kind), _distinct([*known, *own]))
                    self._fields.add(objective.targets.field)

    @property
    def promises(self) -> Iterable[tuple[str, str]]:
        """Each (policy, objective)."""
        return self._promises.keys()

    def fold(self, family: Family, values: Mapping[str, str]) -> tuple[str, ...]:
        """The label values under which this is counted, in the family's order."""
        folded = dict(values)
        if "objective" in family.labels:
            folded |= self._promise(values)
        return tuple(self._word(family, label, folded[label]) for label in family.labels)

    def _promise(self, values: Mapping[str, str]) -> dict[str, str]:
        known = self._promises.get((values["policy"], values["objective"]))
        if known is None:
            return dict.fromkeys(("policy", "objective", "priority", "kind"), OTHER)
        priority = "" if known[1] == NO_PRIORITY else values.get("priority", "").casefold()
        return {"kind": known[0], "priority": priority if priority in known[1] else OTHER}

    def _word(self, family: Family, label: str, value: str) -> str:
        if label in GIVEN:
            return value  # folded already, or never from a record
        value = WORDS.get(label, {}).get(value, value)
        if label == "topic":
            value = self._topics.get(value, value)
        return value if value in self.allowed(family, label) else OTHER

    def allowed(self, family: Family, label: str) -> tuple[str, ...]:
        """The values of one label, without `other`."""
        if label in OWN.get(family.name, ()):
            return OWN[family.name][label]
        if "result" in family.labels and label == "input":
            return self._posted
        if label in {"topic", "input"}:
            return tuple(self._topics.values())
        return tuple(sorted(self._fields)) if label == "field" else CLOSED[label]

    def expected(self, family: Family) -> Iterator[tuple[str, ...]]:
        """Every series that has to exist before anything happened."""
        free = [label for label in family.labels if label not in {"policy", "objective", "priority", "kind"}]
        if VANISHING & set(free):
            return
        for rest in product(*(self.allowed(family, label) + _rest(label) for label in free)):
            chosen = dict(zip(free, rest, strict=True))
            if "objective" not in family.labels:
                yield tuple(chosen[label] for label in family.labels)
                continue
            for (policy, objective), (kind, priorities) in self._promises.items():
                for priority in priorities if "priority" in family.labels else (OTHER,):
                    found = {"policy": policy, "objective": objective, "priority": priority, "kind": kind, **chosen}
                    yield tuple(found[label] for label in family.labels)


def _rest(label: str) -> tuple[str, ...]:
    """Where strangers can come in, `other` exists from the start too."""
    return (OTHER,) if label in {"reason", "field", "topic"} else ()


def _priorities(objective: Objective) -> tuple[str, ...]:
    """The priorities an objective tells apart; tickets of any other are counted together."""
    targets = objective.targets
    named = tuple(targets.by_value) if targets.field == "priority" else ()
    return (*named, OTHER) if targets.default or not named else (*named,)


def _services(leaf: object) -> tuple[Value, ...]:
    return leaf.values if isinstance(leaf, Field) and leaf.name == "service" else ()


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
