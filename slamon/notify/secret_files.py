"""Secrets of receivers, read anew for each post, so that a rotated one counts at once. Their text is never in an error."""

import os
from collections.abc import Mapping
from pathlib import Path

MAX_BYTES = 64 * 1024


class NoSecret(Exception):
    """It cannot be had; the text says where it was looked for."""


def secret(file: Path | None, variable: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """The text of the file, or of the variable, without the blanks around it. Raises NoSecret."""
    if file is not None:
        return _of_file(file)
    found = environ.get(variable or "", "").strip()
    if not found:
        raise NoSecret(f"variable {variable}: expected a secret, got nothing")
    return _one_line(found, f"variable {variable}")


def _of_file(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise NoSecret(f"{file}: expected a readable file, got: {error.strerror} (is the secret mounted?)") from None
    if len(raw) > MAX_BYTES:
        raise NoSecret(f"{file}: expected a secret, got more than {MAX_BYTES} bytes")
    try:
        found = raw.decode().strip()
    except UnicodeDecodeError:
        raise NoSecret(f"{file}: expected a secret as text, got other bytes") from None
    if not found:
        raise NoSecret(f"{file}: expected a secret, got an empty file")
    return _one_line(found, str(file))


def _one_line(found: str, where: str) -> str:
    if not found.isprintable():
        raise NoSecret(f"{where}: expected a secret on one line, got several")
    return found
