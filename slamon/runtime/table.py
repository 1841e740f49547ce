"""The Faust table over the partition stores: it gives the group its changelog topic and hears when partitions may begin.

State is written by the partition actors alone (`SlaStore.apply`, after the changelog was committed), so item assignment
refuses: a stock write would go to the changelog outside the transaction (faust.md 1).
"""

from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import faust
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.types import TP

OnReady = Callable[[set[TP], set[TP]], Awaitable[None]]


class SlaTable(faust.Table):  # type: ignore[misc]
    """Tickets and services alike; `on_ready` gets the changelog partitions this worker owns from now on, and those it copies."""

    def __init__(self, app: Any, *, on_ready: OnReady | None = None, **kwargs: Any) -> None:
        super().__init__(app, **kwargs)
        self._on_ready = on_ready

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Faust is through with its part of a rebalance; it swallows what is raised here, so `on_ready` never raises."""
        if self._on_ready is not None:
            await self._on_ready(set(active_tps), set(standby_tps))

    def on_key_set(self, key: Any, value: Any) -> NoReturn:
        self._refuse("set", key)

    def on_key_del(self, key: Any) -> NoReturn:
        self._refuse("delete", key)

    def on_clear(self) -> NoReturn:
        self._refuse("clear", None)

    def _refuse(self, what: str, key: Any) -> NoReturn:
        raise TypeError(
            f"SlaTable: expected all writes through a partition actor, got {what} of {key!r} "
            f"(hint: emit it in a Unit, so that it is committed with everything it belongs to)"
        )


class SlaRecovery(Recovery):  # type: ignore[misc]
    """Faust's life cycle of a rebalance without its reading of the changelog, which `slamon.runtime.recovery` does."""

    def need_recovery(self) -> bool:
        return False

    async def _build_highwaters(self, consumer: Any, tps: Any, destination: Any, title: str) -> None:
        """Nothing: the ends are read after fencing."""

    async def _build_offsets(self, consumer: Any, tps: Any, destination: Any, title: str) -> None:
        """Nothing: each store knows its own offset."""

    async def _seek_offsets(self, consumer: Any, tps: Any, offsets: Any, title: str) -> None:
        """Nothing: the group's consumer never reads the changelog."""


class SlaTableManager(TableManager):  # type: ignore[misc]
    """Makes our recovery instead of the stock one."""

    @property
    def recovery(self) -> Recovery:
        if self._recovery is None:
            self._recovery = SlaRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
