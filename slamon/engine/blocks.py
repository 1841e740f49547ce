"""The full blocks of services' histories, each a row of its own: a head stays small however much a service flaps."""

from collections import ChainMap
from collections.abc import Callable, Iterator, MutableMapping
from struct import Struct
from typing import Final

from slamon.engine.keys import SERVICE
from slamon.engine.overlay import Overlay
from slamon.engine.service_state import decode_block, encode_block
from slamon.engine.unit import Store
from slamon.sla.accounts import Account
from slamon.sla.clock import digest
from slamon.sla.history import Piece, Shelf
from slamon.sla.service import Service

_NUMBER: Final = Struct(">Q")


class Rows(MutableMapping[int, list[Piece]]):
    """The blocks of one history in a unit's view of the store; over a store alone they can only be read."""

    def __init__(self, store: Overlay | Store, prefix: bytes) -> None:
        self._store, self._prefix = store, prefix
        self._read: dict[int, list[Piece]] = {}

    def __getitem__(self, number: int) -> list[Piece]:
        found = self._read.get(number)
        if found is None:
            value = self._store.get(self._prefix + _NUMBER.pack(number))
            if value is None:
                raise KeyError(number)
            found = self._read[number] = decode_block(value)
        return found

    def __setitem__(self, number: int, pieces: list[Piece]) -> None:
        if not isinstance(self._store, Overlay):
            raise TypeError("a store alone is only read")
        self._read.pop(number, None)
        self._store.put(self._prefix + _NUMBER.pack(number), encode_block(pieces))

    def __delitem__(self, number: int) -> None:
        raise TypeError("blocks are dropped with the checkpoints that know them")

    def __iter__(self) -> Iterator[int]:
        return iter(())

    def __len__(self) -> int:
        return 0


def shelves(store: Overlay | Store, subject: str) -> Callable[[Account], Shelf]:
    """Where the histories of a service's accounts keep their blocks; over a store alone what is new stays in memory."""
    if isinstance(store, Overlay):
        return lambda account: Rows(store, _prefix(subject, account))
    return lambda account: ChainMap({}, Rows(store, _prefix(subject, account)))


def drop_blocks(overlay: Overlay, subject: str, oldest: Service | None) -> None:
    """Drop every block of the service that not even its oldest kept state looks back on; None: all of them."""
    kept = {} if oldest is None else {_prefix(subject, a): _first(a) for a in oldest.accounts}
    every = SERVICE.blocks + subject.encode() + b"\0"
    for key, _ in overlay.scan(every):
        first = kept.get(key[: -_NUMBER.size], 0 if oldest is not None else None)
        if first is None or _NUMBER.unpack(key[-_NUMBER.size :])[0] < first:
            overlay.put(key, None)


def _prefix(subject: str, account: Account) -> bytes:
    lineage = digest(account.slot, account.policy, account.period)[:16]
    return SERVICE.blocks + subject.encode() + b"\0" + bytes.fromhex(lineage)


def _first(account: Account) -> int:
    history = account.history
    return history.blocks[0].number if history.blocks else history.made
