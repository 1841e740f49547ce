"""Starts a broker for whoever wants one now: prints its address on the first line and ends on Ctrl-C or SIGTERM."""

import signal
import sys

from tests.broker.choose import chosen_broker
from tests.broker.model import BrokerUnavailable


def main() -> int:
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))
    passed_over: list[str] = []
    try:
        with chosen_broker(passed_over) as broker:
            print(broker.bootstrap, flush=True)
            print(
                *(f"not {reason}" for reason in passed_over), str(broker), "Ctrl-C ends it", sep="\n", file=sys.stderr
            )
            while True:
                signal.pause()
    except BrokerUnavailable as problem:
        print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
