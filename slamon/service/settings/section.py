"""What every section of the settings is made of: strictness, names, paths, and how settings that do not fit are refused."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

Finding = tuple[str, str, Any, str | None]  # (setting, expected, got, hint)

Host = Annotated[str, Field(min_length=1, max_length=255)]
TopicName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
# Strict pydantic takes a Path object alone; files and the environment bring text.
FilePath = Annotated[Path, BeforeValidator(lambda given: Path(given) if isinstance(given, str) and given else given)]


class Section(BaseModel):
    """Settings that belong together: strict, frozen, no unknown key, never the secret in an error."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, validate_default=True
    )


def refuse(findings: Sequence[Finding]) -> None:
    """All findings about settings that do not fit together, as one pydantic error that `problems.py` takes apart."""
    if findings:
        raise PydanticCustomError("together", "settings do not fit together", {"findings": list(findings)})
