"""The pure and the compiled form side by side, run after run in turn: what they cost and how they compare.

    make compiled COMPILED_TESTS=tests/test_form.py
    python benchmarks/forms.py [rounds] > benchmarks/results/forms.json

Each measurement is a process of its own. The best of the rounds counts, since other work on the machine only ever takes.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FORMS = {"pure": ROOT, "compiled": ROOT / "build" / "compiled"}
BATCHES = (64, 2_000)
MEASURE = """
import json, engine, replay
from slamon.engine.form import FORM
print(json.dumps([FORM, {str(batch): engine.measure(1, batch) for batch in BATCHES}, replay.measure()]))
"""


def main(rounds: int = 3) -> None:
    """Print what was measured as JSON."""
    found: dict[str, list[Any]] = {form: [] for form in FORMS}
    load = [os.getloadavg()[0]]
    for _ in range(rounds):
        for form, place in FORMS.items():
            found[form].append(_measured(form, place))
            load.append(os.getloadavg()[0])
    told = {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "load": [min(load), max(load)]},
        "us of CPU a record": {form: _best_costs([one[0] for one in runs]) for form, runs in found.items()},
        "events a second of CPU": {
            form: {name: round(max(one[1][name] for one in runs)) for name in ("fold", "replay")}
            for form, runs in found.items()
        },
    }
    print(json.dumps(told, indent=2))


def _measured(form: str, place: Path) -> tuple[Any, Any]:
    code = MEASURE.replace("BATCHES", repr(BATCHES))
    path = os.pathsep.join((str(place), str(ROOT / "benchmarks")))
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, cwd="/", capture_output=True, check=True
    )
    ran, costs, speeds = json.loads(done.stdout)
    assert ran == form, f"expected the {form} form, got the {ran} one"
    return costs, speeds


def _best_costs(runs: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    best = {
        batch: {name: min(run[batch][name] for run in runs) for name in ("json", "on_batch", "on_tick")}
        for batch in runs[0]
    }
    return {
        f"batches of {batch}": {
            **{n: round(us, 2) for n, us in costs.items()},
            "x json": round(costs["on_batch"] / costs["json"]),
        }
        for batch, costs in best.items()
    }


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
