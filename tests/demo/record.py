"""Makes the pictures of the README from a real run: `python -m tests.demo.record` writes docs/demo.svg and docs/demo.txt."""

import asyncio
import io
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from slamon.demo.remains import Remains
from slamon.demo.screen import Place, Screen, frame
from slamon.demo.stage import Demo, Options
from slamon.runtime.wall import wall_ms

ROOT = Path(__file__).parents[2]
COLUMNS, LINES = 100, 30
PICTURE, TEXT = 44.0, 60.0  # seconds: checkout is down for the second time; and has broken its promise


class Recorded(Screen):
    """The view, drawn into a picture when it ends."""

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        console = Console(record=True, width=COLUMNS, height=LINES, file=io.StringIO(), force_terminal=True)
        console.print(
            frame(self._board, self._tally, replace(self._place, slamon="slamon"), wall_ms(), (COLUMNS, LINES))
        )
        # No font from elsewhere: a picture must not call home.
        form = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
        form = form.replace("Fira Code, monospace", "monospace")
        svg = console.export_svg(title="slamon demo", code_format=form, unique_id="slamon")
        (ROOT / "docs" / "demo.svg").write_text(svg)


class Recording(Demo):
    """The demo, drawn once more at its end."""

    def _view(self, place: Place) -> Screen:
        return Recorded(self.board, self.tally, place, io.StringIO())


async def picture() -> None:
    demo = Recording(Options(seconds=PICTURE), sys.stderr, Remains())
    try:
        await demo.play()
    finally:
        await demo.clear()


def lines() -> None:
    command = [sys.executable, "-m", "slamon", "demo", "--plain", "--for", f"{TEXT:.0f}s"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    (ROOT / "docs" / "demo.txt").write_text(said)


if __name__ == "__main__":
    asyncio.run(picture())
    lines()
