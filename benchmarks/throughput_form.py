"""Which slamon is measured: the source as it is, or compiled from just this source."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMPILED = ROOT / "build" / "compiled"
ROOMS = ("sla", "engine")  # as in hatch_build.py


def place_of(form: str) -> Path:
    """What has to stand on the path for this form; the compiled one is built if it is not there or of other rules."""
    if form == "pure":
        return ROOT
    others = [file for path in (ROOT / "slamon").rglob("*.py") if not _same(file := path.relative_to(ROOT))]
    if any(file.parts[1] in ROOMS for file in others) or not any(COMPILED.rglob("*.so")):
        print(f"compiling into {COMPILED.relative_to(ROOT)}: one to two minutes", file=sys.stderr)
        _build()
    else:
        for file in others:  # of rooms that are not compiled
            (COMPILED / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, COMPILED / file)
    return COMPILED


def _same(file: Path) -> bool:
    built = COMPILED / file
    return built.is_file() and built.read_bytes() == (ROOT / file).read_bytes()


def _build() -> None:
    shutil.rmtree(COMPILED, ignore_errors=True)
    install = ["pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", str(COMPILED), "."]
    wanted = os.environ | {"HATCH_BUILD_HOOK_ENABLE_CUSTOM": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *install], cwd=ROOT, env=wanted, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"expected the compiled form to build (or ask for --form pure), got {done.stderr[-2000:]}")
