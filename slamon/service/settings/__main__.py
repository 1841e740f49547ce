"""Prints docs/settings.md."""

import sys

from slamon.service.settings import reference

sys.stdout.write(reference())
