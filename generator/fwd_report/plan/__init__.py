"""Expands sweeps to runs, computes their keys, and finds what is stale and why."""
