"""How RocksDB is opened: small buffers, one cache for all partitions of a worker, plain sentences for what goes wrong."""

from pathlib import Path

import rocksdict

from slamon.runtime.errors import WorkerMustEnd

TIMERS = "timers"
ENTRY_BYTES = 4 << 10  # a block in the cache, at the least

LOGGED, UNLOGGED = rocksdict.WriteOptions(), rocksdict.WriteOptions()
UNLOGGED.disable_wal = True


def make_cache(capacity: int) -> rocksdict.Cache:
    """Of blocks, for every partition of a worker."""
    # Not the LRU cache: it splits into shards of half a MiB, and a file's index and filter that fill one are pushed out by the
    # next block and read again at each look-up. Shards of this one are 32 MiB, and it is read without a lock.
    return rocksdict.Cache.new_hyper_clock_cache(capacity, ENTRY_BYTES)


def _options(cache: rocksdict.Cache, write_buffer_bytes: int) -> rocksdict.Options:
    table = rocksdict.BlockBasedOptions()
    table.set_block_cache(cache)
    table.set_bloom_filter(10, block_based=False)
    table.set_cache_index_and_filter_blocks(v=True)  # or memory would grow with what is kept
    # Half the index, and a quarter fewer bytes on disk than with 4 KiB.
    table.set_block_size(8 << 10)
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(create_if_missing=True)
    options.create_missing_column_families(create_missing_cfs=True)
    options.set_block_based_table_factory(table)
    options.set_write_buffer_size(write_buffer_bytes)
    options.set_max_write_buffer_number(4)  # a recovery fills one while others go to disk: with two it waited for them
    options.set_max_open_files(256)
    options.set_max_total_wal_size(8 * write_buffer_bytes)
    options.set_keep_log_file_num(2)
    options.set_stats_dump_period_sec(0)
    options.set_compression_type(rocksdict.DBCompressionType.lz4())
    return options


def open_rocks(path: Path, cache: rocksdict.Cache, write_buffer_bytes: int) -> rocksdict.Rdict:
    """The database in `path`, made if it is not there; raises `WorkerMustEnd` when it is taken or damaged."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    state, timers = _options(cache, write_buffer_bytes), _options(cache, write_buffer_bytes)
    # Files of like size are merged. In levels all of the state of a partition was written again for every 64 MiB that were
    # new: three times the processor time. Not for timers: what has fired would lie in the way of every walk for longer.
    state.set_compaction_style(rocksdict.DBCompactionStyle.universal())
    state.set_level_zero_file_num_compaction_trigger(8)
    try:
        return rocksdict.Rdict(str(path), options=state, column_families={TIMERS: timers})
    except Exception as error:
        raise WorkerMustEnd(_sentence(path, str(error))) from error


def write(db: rocksdict.Rdict, batch: rocksdict.WriteBatch, path: Path, how: rocksdict.WriteOptions = LOGGED) -> None:
    """All of the batch or nothing; raises `WorkerMustEnd` when the disk does not take it."""
    try:
        db.write(batch, how)
    except Exception as error:
        raise WorkerMustEnd(_no_room(path, str(error))) from error


def _no_room(path: Path, said: str) -> str:
    return (
        f"{path}: expected the disk to take what was committed, got {said!r} "
        f"(hint: make room there or mend it; nothing is lost, the changelog holds everything)"
    )


def _sentence(path: Path, said: str) -> str:
    if "No space left" in said:
        return _no_room(path, said)
    if "LOCK" in said:
        return (
            f"{path}: expected to be the only process that uses this directory, got a lock held by another one "
            f"(hint: every worker needs a datadir of its own) [{said}]"
        )
    return (
        f"{path}: expected a readable RocksDB, got {said!r} "
        f"(hint: delete this directory, the partition is rebuilt from its changelog)"
    )
