"""The metrics of one worker: counters fed unit by unit, gauges brought up to date when somebody looks."""

import platform
import time
from collections import Counter as Counts
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version as version_of
from typing import Any, Protocol

import prometheus_client
import structlog
from prometheus_client import CollectorRegistry, Gauge, Histogram, ProcessCollector
from prometheus_client import Counter as CounterMetric

from slamon import __version__
from slamon.engine.unit import Unit
from slamon.service.metrics.catalogue import BY_NAME, FAMILIES, FEEDS, LAG_BUCKETS, Family
from slamon.service.metrics.exemplars import breached
from slamon.service.metrics.exposition import exposition
from slamon.service.metrics.gauges import gauges
from slamon.service.metrics.labels import VANISHING, Vocabulary
from slamon.service.metrics.services import Services, Standings
from slamon.service.metrics.soon import Soon
from slamon.service.status import WorkerStatus
from slamon.sla.policy import PolicySet

MAX_BOUND = 20_000  # the engine may count under words nobody closed: the memory of them is not theirs to fill
STEP = 200  # children set at once, some 2 ms

log = structlog.get_logger(__name__)


class OpenClocks(Protocol):
    """What a look at an engine partition tells: open clocks by (policy, objective, priority, stage)."""

    @property
    def open(self) -> Mapping[tuple[str, str, str, str], int]: ...


class Metrics:
    """Call `on_unit` once for each committed unit; gauges are brought up to date by `refresh` before a scrape."""

    def __init__(
        self,
        prefix: str = "slamon.",
        inputs: Mapping[str, str] | None = None,
        now: Callable[[], float] = time.time,
        posted: Iterable[str] = (),
    ) -> None:
        """`inputs`: topic -> name of each configured input; `now`: the wall clock in seconds; `posted`: inputs open to HTTP."""
        prometheus_client.disable_created_metrics()
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        self._now = now
        topics = {f"{prefix}{role}": role for role in ("tickets", "uptime")} | dict(inputs or {})
        self._vocabulary = Vocabulary(topics, posted)
        self._metrics = {family.name: _made(family, self.registry) for family in FAMILIES}
        self._bound: dict[tuple[str, tuple[str, ...]], list[Any]] = {}
        self._lags: dict[str, Any] = {}  # what a fact says: a closed set of the engine
        self._partitions: dict[int, OpenClocks] = {}
        self._services = Services(self._pair, self._vocabulary.services)
        self._round = 0  # of showing services
        self._shown: dict[str, set[tuple[str, ...]]] = {}
        self._unmapped: set[str] = set()
        self._expect()
        build = {"version": __version__, "python": platform.python_version(), "faust": version_of("faust-streaming")}
        self._metrics["slamon_build_info"].labels(**build).set(1)

    # -- counters

    def on_unit(self, number: int, unit: Unit, now_ms: int | None = None) -> None:
        """Counts one committed unit of partition `number`; `now_ms` is the wall clock at its commit."""
        counts = unit.counts
        if any(outgoing.topic == "breaches" for outgoing in unit.outgoing):
            counts = self._with_exemplars(unit)
        for (name, values), amount in counts.items():
            for child in self._children(name, values):
                child.inc(amount)
        now = self._now() if now_ms is None else now_ms / 1000
        for what, instant in unit.lags:
            if what not in self._lags:
                self._lags[what] = self._child("slamon_detection_lag_seconds", {"what": what})
            self._lags[what].observe(max(0.0, now - instant / 1000))

    def count(self, name: str, values: tuple[str, ...] = (), amount: int = 1) -> None:
        """Counts something outside a unit, under the engine's names: intake's dead letters and records."""
        for child in self._children(name, values):
            child.inc(amount)

    def _with_exemplars(self, unit: Unit) -> Counts[tuple[str, tuple[str, ...]]]:
        """The counts that are left once each breach we can name was counted with its ticket or service as exemplar."""
        left = Counts(unit.counts)
        for key, exemplar in breached(unit):
            if left[key] > 0:
                left[key] -= 1
                for child in self._children(*key):
                    child.inc(1, exemplar)
        return left

    def _children(self, name: str, values: tuple[str, ...]) -> list[Any]:
        key = (name, values)
        bound = self._bound.get(key)
        if bound is None:
            bound = self._bind(name, values)
            if len(self._bound) < MAX_BOUND:
                self._bound[key] = bound
        return bound

    def _bind(self, name: str, values: tuple[str, ...]) -> list[Any]:
        feeds = [feed for feed in FEEDS if feed.count == name]
        if not feeds and name not in self._unmapped:
            self._unmapped.add(name)
            log.warning("count_unmapped", count=name)
        return [self._child(feed.family, feed.named(values)) for feed in feeds if feed.takes(values)]

    def _child(self, family: str, values: Mapping[str, str]) -> Any:
        folded = self._vocabulary.fold(BY_NAME[family], values)
        return self._metrics[family].labels(*folded) if folded else self._metrics[family]

    # -- policies

    def on_policies(self, policies: PolicySet, others: Iterable[PolicySet] = ()) -> None:
        """These policies are in force: all their series exist, and the reload is told.

        `others` are versions that open clocks may still be pinned to (semantics 3.12): their names are known too.
        """
        for version in (*others, policies):
            self._vocabulary.learn(version)
        self._bound.clear()  # what was `other` may have a name now
        self._expect()
        self._replace("slamon_policy_info", {(policies.version,): 1})
        self._metrics["slamon_policy_reload_success_timestamp_seconds"].set(self._now())
        self._metrics["slamon_policy_reload_successful"].set(1)

    def on_refused_policies(self) -> None:
        """A reload was refused and the old policies stand."""
        self._metrics["slamon_policy_reload_failures"].inc()
        self._metrics["slamon_policy_reload_successful"].set(0)

    def on_policy_files(self, differ: bool) -> None:
        """Whether the files at hand differ from what holds (architecture.md 6)."""
        self._metrics["slamon_policy_files_differ"].set(differ)

    def on_certificate(self, use: str, ends_at: float) -> None:
        """When the certificate ends that is shown there (epoch seconds)."""
        self._metrics["slamon_certificate_end_timestamp_seconds"].labels(use).set(ends_at)

    def on_viewers(self, viewers: int) -> None:
        """How many watch the page of this worker."""
        self._metrics["slamon_page_viewers"].set(viewers)

    def _expect(self) -> None:
        """Series at 0 from the start, or `increase()` misses the first breach."""
        for family in FAMILIES:
            for values in self._vocabulary.expected(family) if family.labels else ():
                self._metrics[family.name].labels(*values)

    # -- gauges

    def watch(self, number: int, partition: OpenClocks) -> None:
        """Show the open clocks of this partition until a refresh finds that it is owned no more."""
        self._partitions[number] = partition

    def refresh(self, status: WorkerStatus) -> None:
        """Every gauge as it is now."""
        owned = {partition.number for partition in status.partitions}
        self._partitions = {number: held for number, held in self._partitions.items() if number in owned}
        self._replace("slamon_open_clocks", self._open_clocks())
        for family, values in gauges(status).items():
            self._replace(family, values)
        if self._services.drop(owned):
            deque(self.show_services(), maxlen=0)

    def on_due(self, soon: Soon) -> None:
        """The clocks due within the longest horizon, over all owned partitions."""
        due: Counts[tuple[str, ...]] = Counts()
        nearest: dict[tuple[str, ...], float] = {}
        for (policy, objective), due_at in soon.nearest.items():
            pair = self._pair(policy, objective)
            nearest[pair] = min(nearest.get(pair, float("inf")), due_at / 1000)
            for within, number in soon.within(policy, objective).items():
                due[(*pair, within)] += number
        self._replace("slamon_due_clocks", due)
        self._replace("slamon_nearest_deadline_timestamp_seconds", nearest)

    def on_services(self, number: int, standings: Standings, now_ms: int) -> None:
        """How the services of a partition stand; shown from the next `show_services` on, until a refresh finds it is lost."""
        self._services.put(number, standings, now_ms)

    def show_services(self) -> Iterator[None]:
        """Brings the gauges of services up to date, in steps between which others may run."""
        self._round += 1
        mine = self._round
        for family, values in self._services.values().items():
            for _ in self._replacing(family, values):
                yield
                if self._round != mine:
                    return  # somebody has begun anew meanwhile

    @property
    def named_services(self) -> Iterable[str]:
        """The services that policies name or named."""
        return self._vocabulary.services

    def _pair(self, policy: str, objective: str) -> tuple[str, str]:
        found = self._fold("slamon_nearest_deadline_timestamp_seconds", policy=policy, objective=objective)
        return found[0], found[1]

    def _open_clocks(self) -> Counts[tuple[str, ...]]:
        total: Counts[tuple[str, str, str, str]] = Counts()
        for partition in self._partitions.values():
            total.update(partition.open)
        found: Counts[tuple[str, ...]] = Counts()
        for (policy, objective, priority, stage), number in total.items():
            open_ = self._fold("slamon_open_clocks", policy=policy, objective=objective, priority=priority, stage=stage)
            found[open_] += number
        return found

    def _fold(self, family: str, **values: str) -> tuple[str, ...]:
        return self._vocabulary.fold(BY_NAME[family], values)

    def _replace(self, family: str, values: Mapping[tuple[str, ...], float]) -> None:
        deque(self._replacing(family, values), maxlen=0)

    def _replacing(self, family: str, values: Mapping[tuple[str, ...], float]) -> Iterator[None]:
        """The gauge's children are these; one that is gone falls to 0, or goes if it is named after a thing that went."""
        metric, shown = self._metrics[family], self._shown.setdefault(family, set())
        vanishing = VANISHING & set(BY_NAME[family].labels)
        for gone in shown - values.keys():
            shown.discard(gone)
            if vanishing:
                metric.remove(*gone)
            else:
                metric.labels(*gone).set(0)
        for number, (labels, value) in enumerate(values.items(), 1):
            shown.add(labels)
            (metric.labels(*labels) if labels else metric).set(value)
            if number % STEP == 0:
                yield

    # -- the page

    def page(self, accept: str) -> tuple[bytes, str]:
        """The exposition in the form `accept` asks for, and its content type; safe to call in a thread."""
        return exposition(self.registry, accept)


def _made(family: Family, registry: CollectorRegistry) -> Any:
    if family.type == "histogram":
        return Histogram(family.name, family.help, family.labels, buckets=LAG_BUCKETS, registry=registry)
    kind = CounterMetric if family.type == "counter" else Gauge
    return kind(family.name, family.help, family.labels, registry=registry)
