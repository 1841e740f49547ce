"""An upstream transaction that stays open for 60 s is a metric and a log line (architecture.md 3)."""

from collections.abc import Mapping

from aiokafka import TopicPartition

from slamon.runtime.open_transactions import OpenTransactions

ONE, TWO, OTHER = TopicPartition("tickets", 0), TopicPartition("tickets", 1), TopicPartition("jira", 0)


class Watched:
    def __init__(self) -> None:
        self.now = 0
        self.told: list[tuple[str, dict[str, object]]] = []
        self.transactions = OpenTransactions(None, dict, self._report, now=lambda: self.now)

    def _report(self, event: str, fields: Mapping[str, object]) -> None:
        self.told.append((event, dict(fields)))

    def at(self, second: int, *held: tuple[TopicPartition, int, int]) -> dict[str, int]:
        """What is told after a look at this second at (partition, last stable offset, end)."""
        self.now = second * 1000
        self.transactions.seen(
            {partition: stable for partition, stable, _ in held}, {partition: end for partition, _, end in held}
        )
        return self.transactions.oldest()


def test_a_transaction_counts_from_when_it_was_first_seen_to_hold_its_partition_up() -> None:
    watched = Watched()
    assert watched.at(0, (ONE, 10, 15)) == {"tickets": 0}
    assert watched.at(5, (ONE, 10, 30)) == {"tickets": 5_000}
    assert watched.at(10, (ONE, 31, 31)) == {}


def test_readers_that_come_forward_are_not_held_up_however_many_transactions_there_are() -> None:
    watched = Watched()
    for second in range(0, 600, 5):
        assert watched.at(second, (ONE, second, second + 3)) == {"tickets": 0}
    assert watched.told == []


def test_the_oldest_of_a_topic_is_told() -> None:
    watched = Watched()
    watched.at(0, (ONE, 10, 15), (TWO, 7, 7), (OTHER, 1, 1))
    assert watched.at(20, (ONE, 10, 15), (TWO, 7, 9), (OTHER, 1, 3)) == {"tickets": 20_000, "jira": 0}


def test_a_minute_is_a_line_of_the_log_once_for_each_transaction() -> None:
    watched = Watched()
    for second in (0, 55, 60, 65, 300):
        watched.at(second, (ONE, 10, 15))
    line = ("transaction_open", {"topic": "tickets", "partition": 0, "offset": 10, "seconds": 60})
    assert watched.told == [line]
    for second in (305, 370):
        watched.at(second, (ONE, 40, 45))
    assert [fields["offset"] for _, fields in watched.told] == [10, 40]


def test_a_partition_that_went_to_another_worker_is_forgotten() -> None:
    watched = Watched()
    watched.at(0, (ONE, 10, 15))
    assert watched.at(30) == {}
    assert watched.at(60, (ONE, 10, 15)) == {"tickets": 0}
