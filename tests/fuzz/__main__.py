"""python -m tests.fuzz INPUTS [--seed N] [--only WORD] [--again SEED]: mangled inputs into everything that reads any."""

import argparse
import sys
import time

from tests.fuzz.mangle import Mangler
from tests.fuzz.run import Found, run
from tests.fuzz.targets import TARGETS


def main() -> int:
    """0 if every input was taken or refused in words of ours, 1 if one was not."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("inputs", type=int, nargs="?", default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="targets whose name holds this")
    parser.add_argument("--again", help="the one input of a finding: SEED:TARGET:NUMBER")
    args = parser.parse_args()
    if args.again:
        TARGETS[args.again.split(":")[1]].once(Mangler(args.again))
        return 0
    targets = {name: target for name, target in TARGETS.items() if args.only in name}
    began = last = time.monotonic()

    def progress(found: Found) -> None:
        nonlocal last
        if time.monotonic() - last > 10:
            last = time.monotonic()
            print(f"{found.inputs.total():>12,} inputs, {found.wrong.total()} wrong, {last - began:.0f} s", flush=True)

    found = run(args.inputs, args.seed, targets, progress)
    for name in targets:
        speed = found.inputs[name] / max(found.seconds[name], 1e-9)
        taken = 100 * found.taken[name] / found.inputs[name]
        print(
            f"{name:24} {found.inputs[name]:>12,} inputs {taken:5.1f} % taken {found.wrong[name]:>6} wrong {speed:>9,.0f}/s"
        )
    print(
        f"{found.inputs.total():,} inputs in {time.monotonic() - began:.0f} s, seed {args.seed}: {found.wrong.total()} wrong"
    )
    print("\n".join(found.told))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
