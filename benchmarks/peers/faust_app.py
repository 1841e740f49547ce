"""The floor of the job as a Faust user writes it: an agent, a table in RocksDB, a timer for deadlines, outcomes by `send`.

It knows no calendar, pause, policy, late record or explanation, nor exactly once: what Tickets.java of Kafka Streams does.

    BOOTSTRAP=localhost:9092 APP_ID=one DATADIR=/somewhere python benchmarks/peers/faust_app.py worker --without-web
"""

import heapq
import os
import time

import faust

SLA_MS = 3_600_000
PARTITIONS = 4

app = faust.App(
    os.environ.get("APP_ID", "faust-tickets"),
    broker=f"kafka://{os.environ.get('BOOTSTRAP', 'localhost:9092')}",
    store="rocksdb://",
    datadir=os.environ.get("DATADIR", "faust-data"),
    topic_partitions=PARTITIONS,
    consumer_auto_offset_reset="earliest",
    broker_commit_interval=1.0,  # so often is its progress seen; stock: 2.8
)


class Ticket(faust.Record, serializer="json"):
    ticket_id: str
    event: str
    priority: str
    ts: int
    customer: str
    queue: str


class State(faust.Record, serializer="json"):
    version: int = 0
    due: int | None = None
    status: str = ""
    outcome: str | None = None
    fired: bool = False


class Outcome(faust.Record, serializer="json"):
    ticket_id: str
    outcome: str
    ts: int
    due: int | None = None
    priority: str = ""
    customer: str = ""
    queue: str = ""


class Due(faust.Record, serializer="json"):
    due: int


events = app.topic("ks-tickets", key_type=str, value_type=Ticket)
outcomes = app.topic("ks-outcomes", key_type=str, value_type=Outcome)
breaches = app.topic("ks-breaches", key_type=str, value_type=Outcome)
reached = app.topic(f"{app.conf.id}-due", key_type=str, value_type=Due, internal=True, partitions=PARTITIONS)
tickets = app.Table("tickets", key_type=str, value_type=State, partitions=PARTITIONS)
waiting: list[tuple[int, str]] = []  # of this process: deadlines, the next one first


@app.agent(events)
async def follow(stream: faust.StreamT[Ticket]) -> None:
    async for key, event in stream.items():
        state = tickets.get(key) or State()
        due = state.due
        state.version += 1
        state.status = event.event
        if event.event == "created":
            state.due, state.outcome, state.fired = event.ts + SLA_MS, None, False
            heapq.heappush(waiting, (state.due, key))
        elif event.event == "resolved":
            state.outcome = "missed" if state.fired or (due is not None and event.ts > due) else "met"
            state.due = None
        tickets[key] = state
        if state.due is None and state.outcome:
            await outcomes.send(key=key, value=_outcome(event, state.outcome, due))


def _outcome(event: Ticket, outcome: str, due: int | None) -> Outcome:
    return Outcome(event.ticket_id, outcome, event.ts, due, event.priority, event.customer, event.queue)


@app.timer(interval=0.1)
async def look() -> None:
    """A table can be changed by agents alone, so the timer writes to one."""
    now = time.time() * 1000
    while waiting and waiting[0][0] <= now:
        due, key = heapq.heappop(waiting)
        await reached.send(key=key, value=Due(due))


@app.agent(reached)
async def fire(stream: faust.StreamT[Due]) -> None:
    async for key, told in stream.items():
        state = tickets.get(key)
        if state is not None and state.due == told.due:
            state.fired, state.due = True, None
            tickets[key] = state
            await breaches.send(key=key, value=Outcome(key, "breach", told.due, told.due))


if __name__ == "__main__":
    app.main()
