"""One place where inputs come in."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.fuzz.mangle import Mangler


@dataclass(frozen=True)
class Target:
    """`once` makes one input and hands it in; `says` are the exceptions that its callers know. `share`: of all inputs."""

    once: Callable[[Mangler], None]
    says: tuple[type[BaseException], ...] = ()
    share: int = 10
