"""Executors: run the plan in this process, or on the workers of a Ray cluster."""
