"""A worker's own tasks over a Kafka in memory, under random speeds, rebalances and restarts (architecture.md 5)."""
