"""The same job as others would do it, to be measured beside slamon."""
