"""Whether the local directory of a partition can be trusted, and from which changelog offset it is read on."""

from collections.abc import Callable

import structlog

from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.store import SlaStore
from slamon.runtime.wall import wall_ms

FEW_RECORDS = 50_000
SAFE_SHARE = 0.9  # of delete.retention.ms: a tombstone must not go while we are still reading

log = structlog.get_logger(__name__)


def reading_from(
    store: SlaStore, number: int, held: tuple[int, int], delete_retention_ms: int, now: Callable[[], int] = wall_ms
) -> int:
    """The offset to read on from; `held` is the changelog's (first offset, end).

    A directory that can't be trusted is thrown away first; raises `WorkerMustEnd` where that would throw away what the
    changelog has lost, since a compacted topic begins at 0 unless somebody deleted records. Where a walk over the whole state will be cheaper than
    keeping the timers record by record, they are dropped: `derive_timers` has to follow.
    """
    first, end = held
    reason = _doubt(store, first, delete_retention_ms, now())
    if first:
        _check_cut(store, number, first, reason)
    if reason:
        log.warning("local_state_rebuilt", partition=number, reason=reason)
        store.clear()
    if store.stamp is None:  # nothing was ever read into it
        store.drop_timers()
        store.set_offset(0, now())
    start = max(store.offset, first)
    # Each head replaced costs a look at the old one.
    if store.timers_stand and end - start > max(FEW_RECORDS, store.estimated_keys // 3):
        store.drop_timers()
    return start


def _check_cut(store: SlaStore, number: int, first: int, reason: str | None) -> None:
    """Only a directory that holds everything before `first` may be gone on with."""
    if reason is None and store.offset >= first:
        log.warning("changelog_cut", partition=number, first=first, hint=f"{store.path} alone holds what was before")
        return
    raise WorkerMustEnd(
        f"changelog[{number}]: expected every record from offset 0 on, got a beginning at {first}: records before it were "
        f"deleted, and {reason or f'{store.path} is empty'} (hint: restore the changelog, or a directory that stands behind "
        f"that offset; or start anew under another prefix. Its cleanup.policy must be compact)"
    )


def _doubt(store: SlaStore, first: int, delete_retention_ms: int, now: int) -> str | None:
    if 0 < store.offset < first:
        return f"it stands at changelog offset {store.offset}, the changelog begins at {first}"
    away = now - store.stamp if store.stamp is not None else 0
    if away > SAFE_SHARE * delete_retention_ms:
        return f"it was away for {away // 1000} s and the changelog keeps deletions for {delete_retention_ms // 1000} s"
    return None
