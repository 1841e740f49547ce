"""Why a worker ends: one sentence for the operator and an exit code. Everything else that escapes is a bug."""


class WorkerMustEnd(Exception):
    """The worker may not go on: `str()` is the sentence, `code` what the process exits with."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


class Fenced(WorkerMustEnd):
    """Another worker owns the partition now; the broker refused what this one tried to write."""


class OutcomeUnknown(WorkerMustEnd):
    """A transaction's end was not heard of: only the changelog can tell, at the next start."""
