"""A service desk that does not exist: its tickets, as records that happen now. Pure, but for `sender`."""
