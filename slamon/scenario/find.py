"""Which files are scenarios."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

_POLICY = re.compile(rb"^apiVersion\s*:", re.MULTILINE)


def find(paths: Sequence[Path]) -> Iterator[Path]:
    """Each file named, and of each directory, however deep, every YAML file that is neither hidden nor a policy file; by name."""
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".yml") and p.is_file())
            seen = (file for file in inside if not _is_hidden(file.relative_to(path)))
            yield from (file for file in seen if not _POLICY.search(file.read_bytes()))
        else:
            yield path


def _is_hidden(path: Path) -> bool:
    """Whether it lies in something like `.venv` or `.git`, or is called so itself."""
    return any(part.startswith(".") for part in path.parts)
