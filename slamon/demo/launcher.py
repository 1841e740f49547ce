"""Becomes the process it is asked to start, after the executor has learnt of it: `launcher.py PIPE COMMAND...`.

The demo cannot tell the executor itself: killed between the start and the telling, it would leave the process behind.
"""

import os
import sys


def main() -> None:
    pipe, command = int(sys.argv[1]), sys.argv[2:]
    os.write(pipe, f"process {os.getpid()}\n".encode())
    os.close(pipe)
    os.execv(command[0], command)  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    main()
