"""What came of the parts, for people: a table, ratios, a chart; and the table in docs/performance.md.

python -m benchmarks.throughput_table       (puts results/throughput.json into the page again)
"""

import re
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import orjson

NAMES = {
    "raw": "read and write, no work, 1 process",
    "raw two": "read and write, no work, 2 processes",
    "one": "slamon, 1 worker",
    "two": "slamon, 2 workers",
    "three": "slamon, 3 workers",
    "four": "slamon, 4 workers",
    "pure": "slamon, 1 worker, pure",
    "streams": "Kafka Streams, 2 threads, exactly once",
    "streams at least once": "Kafka Streams, 2 threads, at least once",
    "faust": "Faust, 1 worker, at least once",
}
RATIOS = {
    "two workers / Kafka Streams": ("two", "streams"),
    "one worker / Kafka Streams": ("one", "streams"),
    "one worker / Faust": ("one", "faust"),
    "two workers / one worker": ("two", "one"),
    "one worker / limit of one process": ("one", "raw"),
    "two workers / limit of two processes": ("two", "raw two"),
    "compiled / pure": ("one", "pure"),
}
RESULT = Path(__file__).parent / "results" / "throughput.json"
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
MADE = re.compile(r"(<!-- made by benchmarks/throughput_table.py -->\n).*?(\n<!-- end -->)", re.DOTALL)
WIDTH, LINE, LEFT = 900, 34, 300
COLOURS = {
    "raw": "#9aa5b1",
    "raw two": "#9aa5b1",
    "streams": "#c26a2d",
    "streams at least once": "#c26a2d",
    "faust": "#7b6ba8",
}

Results = dict[str, dict[str, Any]]


def ratios(results: Results) -> dict[str, float]:
    """Of events/s, each within this run."""
    rates = _rates(results)
    return {name: round(rates[a] / rates[b], 3) for name, (a, b) in RATIOS.items() if a in rates and b in rates}


def _rates(results: Results) -> dict[str, int]:
    return {name: one["events_per_second"] for name, one in results.items() if "events_per_second" in one}


def table(results: Results) -> str:
    """A table in Markdown and the ratios below it."""
    return "\n".join([rows(results), "", *(f"{name}: {ratio:.2f}" for name, ratio in ratios(results).items())])


def rows(results: Results) -> str:
    """Of each part a row."""
    found = [
        "| | events | events/s | CPU us an event | cores used, of all busy | peak MB | outcomes |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    return "\n".join(found + [_row(name, one) for name, one in results.items()])


def _row(name: str, one: dict[str, Any]) -> str:
    if "events" not in one:
        return f"| {NAMES[name]} | {str(one.get('absent') or one.get('failed')).splitlines()[0]} | | | | | |"
    form = f", {one['form']}" if "form" in one and name != "pure" else ""
    said = "each once" if one["correct"] else f"WRONG: {one.get('outcomes')}"
    return (
        f"| {NAMES[name]}{form} | {one['events']:,} | {one['events_per_second']:,} | {one['us_of_cpu_an_event']:.1f} | "
        f"{one['cores_used']:.2f} of {one['cores_busy']:.2f} | {one['peak_bytes'] / (1 << 20):.0f} | {said} |"
    )


def chart(results: Results) -> str:
    """Bars of events/s as SVG."""
    rates = _rates(results)
    most, height = max(rates.values(), default=1), LINE * len(rates) + 40
    bars = [
        _bar(NAMES[name], rate, rate / most, COLOURS.get(name, "#1f7a5c"), n)
        for n, (name, rate) in enumerate(rates.items())
    ]
    head = (
        f'<text x="8" y="22" font-weight="bold">Events a second, {escape("same tickets, same broker, same run")}</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n{head}\n' + "\n".join(bars) + "\n</svg>\n"
    )


def _bar(name: str, rate: int, share: float, colour: str, number: int) -> str:
    top, width = 36 + number * LINE, max(2, round(share * (WIDTH - LEFT - 90)))
    return (
        f'<text x="{LEFT - 10}" y="{top + 17}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="{LEFT}" y="{top}" width="{width}" height="{LINE - 10}" fill="{colour}"/>'
        f'<text x="{LEFT + width + 8}" y="{top + 17}">{rate:,}</text>'
    )


def into(page: str, told: dict[str, Any]) -> str:
    """The page with the table of this result."""
    machine = told["machine"]
    where = (
        f"{machine['cpu']}, {machine['cores']} cores that the broker shares, Python {machine['python']}, "
        f"load {machine['load']:.1f} at the start."
    )
    return MADE.sub(lambda found: f"{found[1]}{for_page(told['results'])}\n\n{where}{found[2]}", page)


def for_page(results: Results) -> str:
    """The table, and the ratios in a second one."""
    lines = ["| | |", "|---|---:|", *(f"| {name} | {ratio:.2f} |" for name, ratio in ratios(results).items())]
    return rows(results) + "\n\n" + "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(into(PAGE.read_text(), orjson.loads(RESULT.read_bytes())))
