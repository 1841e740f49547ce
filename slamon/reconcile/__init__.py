"""What a source's own export says of its tickets against what slamon holds of them, and the records that are missing."""
