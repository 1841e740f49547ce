"""What the real engine decides arrives in the metrics: counts, exemplars, open clocks, lag."""

from dataclasses import dataclass, field

import orjson

from slamon.engine.memory import MemoryStore
from slamon.engine.partition import Partition
from slamon.service.metrics import Metrics
from slamon.service.status import PartitionStatus, WorkerStatus
from slamon.sla.policy import Activation, PolicyBook
from tests.service.promises import HOUR, policies
from tests.service.test_metrics import samples

OPENED = 1_704_455_100_000


@dataclass
class Record:
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: list = field(default_factory=list)


class Run:
    """One partition over a memory store, its units counted as a worker counts them."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.partition = Partition(0, 1, self.store, PolicyBook((Activation(0, policies()),)))
        self.metrics = Metrics()
        self.metrics.on_policies(policies())
        self.metrics.watch(0, self.partition)
        self.offset = 0

    def tell(self, event: str, at: int, **fields: str) -> None:
        record = {"ticket": "T-1", "id": f"e-{self.offset}", "at": at, "event": event, "fields": fields}
        self.raw(orjson.dumps(record), at)

    def raw(self, value: bytes, at: int) -> None:
        records = [Record(self.offset, at, b"T-1", value)]
        self.offset += 1
        self.take(self.partition.on_batch("slamon.tickets", records, at, at, True), at)

    def tick(self, at: int) -> None:
        self.take(self.partition.on_tick(at, at), at)

    def take(self, unit, now: int) -> None:
        self.store.apply(unit)
        self.metrics.on_unit(0, unit, now)

    def shown(self, name: str) -> dict:
        self.metrics.refresh(WorkerStatus(OPENED, partitions=[PartitionStatus(0, "active")]))
        return {labels: value for labels, value in samples(self.metrics, name).items() if value}


def test_a_breach_of_the_engine_is_counted_with_its_ticket_and_its_lag():
    run = Run()
    run.tell("created", OPENED, status="open", priority="P1")
    run.tick(OPENED + HOUR + 60)
    assert run.shown("slamon_breaches_total") == {
        ("gold", "resolution", "p1", "SLA", "true"): 1,
        ("gold", "first_response", "other", "SLA", "true"): 1,
    }
    page = run.metrics.page("application/openmetrics-text")[0].decode()
    breaches = [line for line in page.splitlines() if line.startswith("slamon_breaches_total") and " 1.0" in line]
    assert len(breaches) == 2
    assert all('# {ticket_id="T-1"} 1.0' in line for line in breaches)
    assert 'slamon_detection_lag_seconds_bucket{le="0.075",what="breach"} 2.0' in page
    assert 'slamon_detection_lag_seconds_bucket{le="0.05",what="breach"} 0.0' in page


def test_open_clocks_and_outcomes_follow_the_ticket():
    run = Run()
    run.tell("created", OPENED, status="open", priority="P2")
    assert run.shown("slamon_open_clocks")["gold", "resolution", "p2", "active"] == 1
    run.tell("resolved", OPENED + 1000, status="resolved")
    run.tick(OPENED + 5000)
    assert run.shown("slamon_open_clocks") == {}
    assert run.shown("slamon_outcomes_total")["gold", "resolution", "p2", "SLA", "met"] == 1


def test_what_cannot_be_read_or_is_told_twice_is_counted():
    run = Run()
    run.tell("created", OPENED, status="open", priority="P1")
    run.raw(b"{nonsense", OPENED)

    again = Record(
        5,
        OPENED,
        b"T-1",
        orjson.dumps(
            {
                "ticket": "T-1",
                "id": "e-0",
                "at": OPENED,
                "event": "created",
                "fields": {"status": "open", "priority": "P1"},
            }
        ),
    )
    run.take(run.partition.on_batch("slamon.tickets", [again], OPENED, OPENED, True), OPENED)
    assert run.shown("slamon_records_total") == {("tickets",): 3}
    assert run.shown("slamon_dead_letters_total") == {("not_json",): 1}
    assert run.shown("slamon_duplicate_records_total") == {(): 1}
