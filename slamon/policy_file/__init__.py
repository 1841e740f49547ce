"""Policy files: YAML -> policies, or every problem at once with file, line, path, expectation, value and hint."""

from slamon.policy_file.check import Report, Uncovered, UnknownValue, against, check_sources
from slamon.policy_file.editors import json_schema
from slamon.policy_file.loading import Loaded, from_text, load
from slamon.policy_file.problems import PolicyFileError, Problem

__all__ = [
    "Loaded", "PolicyFileError", "Problem", "Report", "Uncovered", "UnknownValue", "against", "check_sources",
    "from_text", "json_schema", "load",
]  # fmt: skip
