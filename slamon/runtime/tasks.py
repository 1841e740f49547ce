"""Tasks that live as long as the worker does: whichever is over before is a reason to end."""

import asyncio
from typing import Any

from slamon.runtime.errors import WorkerMustEnd


def why_over(task: "asyncio.Task[Any] | asyncio.Future[Any]") -> BaseException:
    """What ended a task that nobody asked to end: its error, or a sentence if it has none."""
    if not task.cancelled() and (error := task.exception()) is not None:
        return error
    how = "was cancelled" if task.cancelled() else "returned"
    name = task.get_name() if isinstance(task, asyncio.Task) else "?"
    return WorkerMustEnd(f"task {name}: expected it to live as long as the worker, it {how}; the worker ends")
