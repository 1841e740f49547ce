"""Why a worker ends: one sentence for the operator and an exit code. Everything else that escapes is a bug."""

from aiokafka.errors import KafkaConnectionError


class WorkerMustEnd(Exception):
    """The worker may not go on: `str()` is the sentence, `code` what the process exits with."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


class Fenced(WorkerMustEnd):
    """Another worker owns the partition now; the broker refused what this one tried to write."""


class OutcomeUnknown(WorkerMustEnd):
    """A transaction's end was not heard of: only the changelog can tell, at the next start."""


def in_words(error: BaseException) -> str:
    """What a Kafka client's error says, once: its own text begins with its class, and that of a lost connection shows tuples."""
    if isinstance(error, KafkaConnectionError):
        return "no answer"
    name = type(error).__name__
    told = str(error).removeprefix(f"{name}: ")
    return f"{name}: {told}" if told and told != name else name
