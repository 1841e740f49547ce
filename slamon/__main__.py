"""`python -m slamon`."""

import sys

from slamon.cli import main

if __name__ == "__main__":
    sys.exit(main())
