"""How many records a synchronous slice may take, learned from what they cost: nobody may wait longer than 20 ms."""

SLICE = 0.012
FIRST_RECORDS = 200
LEAST_SECONDS = 1e-6


class Pace:
    """Dear records are believed at once and cheap ones slowly."""

    def __init__(self) -> None:
        self._per_record = SLICE / FIRST_RECORDS

    @property
    def records(self) -> int:
        """So many fit into one slice."""
        return max(1, int(SLICE / self._per_record))

    def took(self, seconds: float, records: int) -> None:
        seen = seconds / records
        self._per_record = max(seen, 0.9 * self._per_record + 0.1 * seen, LEAST_SECONDS)
