"""The partition stores of one worker: one directory each, one cache for all."""

from slamon.runtime.rocks import make_cache
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.store import SlaStore


class Stores:
    """Open ones stay open while a rebalance leaves their partition here."""

    def __init__(self, settings: RuntimeSettings) -> None:
        self._settings = settings
        self._cache = make_cache(settings.cache_bytes)
        self._open: dict[int, SlaStore] = {}

    def open(self, number: int) -> SlaStore:
        if number not in self._open:
            path = self._settings.datadir / str(number)
            self._open[number] = SlaStore(path, self._cache, self._settings.write_buffer_bytes)
        return self._open[number]

    def close(self, number: int) -> None:
        """Give this directory free, if it is open."""
        if (store := self._open.pop(number, None)) is not None:
            store.close()

    def close_all_but(self, numbers: set[int]) -> None:
        """Give every other directory free."""
        for number in set(self._open) - numbers:
            self.close(number)
