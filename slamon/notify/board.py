"""All incidents of the partitions at hand, and which receiver is still to be told of which. Pure; one thread."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator

from slamon.notify.incident import Action, Incident, Route
from slamon.notify.signals import Ended, Raised, Signal, Withdrawn

REMEMBER_MS = 86_400_000  # an end may be taken back: a ticket that is opened again after a breach is paged for again
KEPT_ENDS = 10_000  # of clocks nobody was paged for: a record of another topic may be read a moment after them
Count = Callable[[str, str], None]  # (event, receiver or empty)


class Board:
    """`hear` what is read, ask `next` whom to tell what; `held` while what is known may not be the present yet."""

    def __init__(self, receivers: Iterable[str], route: Route, count: Count) -> None:
        self._route, self._count = route, count
        self.held = True
        self._incidents: dict[str, tuple[int, Incident]] = {}
        self._ends: OrderedDict[str, Ended] = OrderedDict()
        self._waiting: dict[str, dict[str, int]] = {name: {} for name in receivers}  # clock -> since when

    # -- what is known

    def hear(self, partition: int, signal: Signal, now: int) -> Incident | None:
        """Takes a signal in; the incident if there is one, since it has to be kept now."""
        if isinstance(signal, Raised) and signal.live and not self._route(signal.page):
            self._count("unrouted", "")
        incident = self.incident(signal.clock_id) or self._opened(signal)
        if incident is None:
            self._remember(signal)
            return None
        incident.hear(signal, self._route)
        self.put(partition, incident, now)
        return incident

    def _opened(self, signal: Signal) -> Incident | None:
        """A new incident, if the signal is one to page for and its clock has not ended since."""
        if not isinstance(signal, Raised) or not signal.live or not self._route(signal.page):
            return None
        end = self._ends.get(signal.clock_id)
        if end is not None and signal.at <= end.at:
            return None
        return Incident(signal.clock_id, signal.page)

    def _remember(self, signal: Signal) -> None:
        if isinstance(signal, Ended):
            self._ends[signal.clock_id] = signal
            self._ends.move_to_end(signal.clock_id)
            if len(self._ends) > KEPT_ENDS:
                self._ends.popitem(last=False)
        elif isinstance(signal, Withdrawn):
            end = self._ends.get(signal.clock_id)
            if end is not None and end.fact_id == signal.fact_id:
                del self._ends[signal.clock_id]

    def put(self, partition: int, incident: Incident, now: int) -> None:
        """The incident as it is now."""
        self._incidents[incident.clock_id] = (partition, incident)
        self.settle(incident, now)

    def incident(self, clock_id: str) -> Incident | None:
        """The incident of the clock, None if there is none here."""
        found = self._incidents.get(clock_id)
        return found[1] if found else None

    def partition_of(self, clock_id: str) -> int:
        """Where the incident is kept."""
        return self._incidents[clock_id][0]

    def drop(self, partitions: Collection[int]) -> None:
        """These belong to somebody else now."""
        for clock_id in [clock for clock, (partition, _) in self._incidents.items() if partition in partitions]:
            self._remove(clock_id)

    def forget(self, now: int) -> Iterator[tuple[int, str]]:
        """Drops what has been over for a day, and tells (partition, clock) of each."""
        for clock_id, (partition, incident) in list(self._incidents.items()):
            if incident.over(self._waiting) and max(incident.ended_at, incident.about.at) + REMEMBER_MS < now:
                self._remove(clock_id)
                yield partition, clock_id

    def _remove(self, clock_id: str) -> None:
        del self._incidents[clock_id]
        for waiting in self._waiting.values():
            waiting.pop(clock_id, None)

    # -- whom to tell

    def settle(self, incident: Incident, now: int) -> None:
        """Brings up to date who waits for news of the incident."""
        for name, waiting in self._waiting.items():
            if incident.action(name) is not None:
                waiting.setdefault(incident.clock_id, now)
            elif waiting.pop(incident.clock_id, None) is not None and not incident.sent.get(name):
                self._count("superseded", name)

    def next(self, receiver: str) -> tuple[Incident, Action] | None:
        """What to tell the receiver next, the longest waiting first; None if nothing, or while held."""
        if self.held:
            return None
        for clock_id in self._waiting[receiver]:
            incident = self._incidents[clock_id][1]
            action = incident.action(receiver)
            if action is not None:
                return incident, action
        return None

    def later(self, receiver: str, clock_id: str) -> None:
        """Lets the others go first: one page that is always refused must not hold them back."""
        waiting = self._waiting[receiver]
        if clock_id in waiting:
            waiting[clock_id] = waiting.pop(clock_id)

    # -- figures

    def waiting(self, receiver: str) -> int:
        """How many clocks the receiver is to be told of."""
        return len(self._waiting[receiver])

    def oldest(self, receiver: str) -> int | None:
        """Since when the longest of them waits."""
        return min(self._waiting[receiver].values(), default=None)

    def open_pages(self) -> Counter[str]:
        """How many pages each receiver has open."""
        sent = (incident.sent.items() for _, incident in self._incidents.values())
        return Counter(name for each in sent for name, what in each if what.open)
