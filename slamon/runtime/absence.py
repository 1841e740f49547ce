"""That the broker was lost, remembered in the datadir: losing it usually ends the worker, and the next one has to settle, too."""

import contextlib
from pathlib import Path

MARK = "broker-lost"


class Absence:
    """Begins when the broker is lost and ends when it has settled, in whichever process that is (semantics 4.4)."""

    def __init__(self, datadir: Path) -> None:
        self._datadir, self._mark = datadir, datadir / MARK

    @property
    def lasts(self) -> bool:
        return self._mark.exists()

    def begin(self) -> None:
        """Remembered only where a partition was ever kept: a first start before its broker has lost nothing."""
        with contextlib.suppress(OSError):  # why the worker ends matters more, and the store will say it of the disk
            if any(self._datadir.glob("[0-9]*")):
                self._mark.touch()

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self._mark.unlink(missing_ok=True)
