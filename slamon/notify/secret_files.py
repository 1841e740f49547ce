"""Secrets of receivers, read anew for each post, so that a rotated one counts at once. Their text is never in an error."""

import os
from collections.abc import Mapping
from pathlib import Path

from slamon.runtime.secret_text import secret_text


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
        return _one_line(secret_text(file), str(file))
    except OSError as error:
        raise NoSecret(f"{file}: expected a readable file, got: {error.strerror} (is the secret mounted?)") from None
    except ValueError as error:
        raise NoSecret(f"{file}: {error}") from None


def _one_line(found: str, where: str) -> str:
    if not found.isprintable():
        raise NoSecret(f"{where}: expected a secret on one line, got several")
    return found
