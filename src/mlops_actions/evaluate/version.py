"""Version of what computes the numbers: part of the key of cached predictions and records, raised when they change."""

EVALUATOR = "1"
