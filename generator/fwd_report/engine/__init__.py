"""Runs a plan: batching across runs, devices, progress, training jobs."""
