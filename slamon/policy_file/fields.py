"""Values with more than one way to write them: short forms, conditions, lists that may be one text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler
from pydantic_core import core_schema

from slamon.policy_file import conditions
from slamon.policy_file.words import Name, Text, refused

MAX_ITEMS = 1000
DEFINED_IN_SCHEMA = (
    "x-defined"  # pydantic can not point to a definition it did not make; `schema.py` turns it into a $ref
)
_DEFINED = {"when": "Fields", "pause": "Pause"}


@dataclass(frozen=True, slots=True)
class Short:
    """Tells editors of another form, mostly a bare text, that may stand where a mapping or a list does."""

    text: Mapping[str, Any] = field(hash=False)

    def __get_pydantic_json_schema__(
        self, core: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [dict(self.text), handler(core)]}


def short(key: str, **schema: Any) -> tuple[BeforeValidator, Short]:
    """The annotation of a form that may be written as its `key` alone."""
    expand = BeforeValidator(lambda value: value if isinstance(value, dict) else {key: value})
    return expand, Short({"type": "string", **schema})


@dataclass(frozen=True, slots=True)
class ConditionForm:
    """A condition, checked by `conditions.findings` and left as it is written."""

    about: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._checked)

    def __get_pydantic_json_schema__(
        self, core: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {DEFINED_IN_SCHEMA: _DEFINED.get(self.about, "Condition")}

    def _checked(self, value: Any) -> Any:
        if problems := conditions.findings(value, self.about):
            raise refused(*problems)
        return value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_ONE_OR_MORE = (BeforeValidator(_listed), Short({"type": "string"}))

When = Annotated[Any, ConditionForm("when")]
Pause = Annotated[Any, ConditionForm("pause")]
Starts = Annotated[Any, ConditionForm("start")]
Hours = Annotated[list[str], Field(max_length=48), *_ONE_OR_MORE]
Values = Annotated[list[Text], Field(max_length=MAX_ITEMS), *_ONE_OR_MORE]
Names = Annotated[list[Name], Field(min_length=1, max_length=MAX_ITEMS), *_ONE_OR_MORE]
Labels = Annotated[dict[Name, Text], Field(max_length=32)]
