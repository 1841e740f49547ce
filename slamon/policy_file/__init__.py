"""Policy files: YAML -> policies, or every problem at once with file, line, path, expectation, value and hint."""

from slamon.policy_file.loading import Loaded, from_text, load
from slamon.policy_file.problems import PolicyFileError, Problem

__all__ = ["Loaded", "PolicyFileError", "Problem", "from_text", "load"]
