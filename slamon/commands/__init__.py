"""One module a command: `add_arguments(parser)` and `run(args, stdout, stderr) -> exit code`. The table is in `cli.py`."""
