"""What benchmarks/lag.py found, for people."""

from typing import Any

MIB = 1 << 20
Measured = dict[str, Any]


def table(found: list[Measured], faults: list[str]) -> str:
    """The tables of the README, and what is wrong with the facts."""
    few, many = found
    parts = [_costs(found), _ratio(few, many), _lags(many["lag"]), _burst(many["burst"]), _facts(found, faults)]
    return "\n\n".join(parts)


def _costs(found: list[Measured]) -> str:
    rows = [
        "| open clocks | us of CPU a record | records/s | MiB resident | at most | bytes on disk a clock |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for one in found:
        cost, memory = one["cost"], one["memory in the end"]
        rows.append(
            f"| {one['clocks']:,} | {cost['us of CPU a record']} | {cost['records_per_second']:,} "
            f"| {memory['resident'] / MIB:.0f} | {memory['most'] / MIB:.0f} | {one['bytes on disk a clock']} |"
        )
    return "\n".join(rows)


def _ratio(few: Measured, many: Measured) -> str:
    ratio = many["cost"]["us of CPU a record"] / few["cost"]["us of CPU a record"]
    return f"CPU a record with many clocks to that with few: {ratio:.2f} ({many['form']} form)"


def _lags(found: list[Measured]) -> str:
    rows = [
        "| records/s sent | applied | kept up | deadlines | p50, ms | p99, ms | max, ms | read: p50 | p99 |",
        "|---:|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    for one in found:
        at, read = one["appended, ms"], one["read, ms"]
        rows.append(
            f"| {one['records a second']:,} | {one['applied a second']:,} | {'yes' if one['kept up'] else 'no'} "
            f"| {one['deadlines']:,} | {at['p50']:,} | {at['p99']:,} | {at['max']:,} | {read['p50']:,} | {read['p99']:,} |"
        )
    return "\n".join(rows)


def _burst(found: Measured) -> str:
    return (
        f"{found['deadlines']:,} deadlines of one instant: the last fact was appended after "
        f"{found['until the last was appended, s']:.2f} s and read after {found['until the last was read, s']:.2f} s; "
        f"a record waited {found['longest wait of a record meanwhile, s']:.2f} s at most, "
        f"{found['longest wait of a record before, s']:.2f} s before"
    )


def _facts(found: list[Measured], faults: list[str]) -> str:
    expected, there = (sum(one["facts"][name] for one in found) for name in ("expected", "found"))
    return f"facts: {expected:,} expected, {there:,} found; " + ("; ".join(faults) or "each exactly once")
