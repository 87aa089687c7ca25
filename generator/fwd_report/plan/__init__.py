"""Sweeps expanded to runs, their keys, and what is stale and why."""
