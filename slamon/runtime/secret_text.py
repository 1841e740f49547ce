"""The text of a secret in a file: bounded, and nothing of it is ever said."""

from pathlib import Path

MAX_BYTES = 64 * 1024


def secret_text(file: Path) -> str:
    """What the file says without the blanks around it; raises OSError, or ValueError that repeats nothing."""
    with file.open("rb") as opened:
        raw = opened.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ValueError(f"expected a secret, got more than {MAX_BYTES} bytes")
    try:
        found = raw.decode().strip()
    except UnicodeDecodeError:
        raise ValueError("expected a secret as text, got other bytes") from None
    if not found:
        raise ValueError("expected a secret, got an empty file")
    return found
