"""Prints docs/openapi.json."""

import json
import sys

from slamon.service.http.openapi import DOCUMENT

sys.stdout.write(json.dumps(DOCUMENT, indent=2) + "\n")
