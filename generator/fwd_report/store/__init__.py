"""Results by key: atomic, verified."""
