"""A service desk and services that do not exist: their records, as they happen now. Pure, but for `sender`."""
