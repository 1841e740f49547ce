"""Prints docs/metrics.md."""

import sys

from slamon.service.metrics import reference

sys.stdout.write(reference())
