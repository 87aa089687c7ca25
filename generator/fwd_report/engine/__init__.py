"""Who runs a plan: batching across runs, devices, progress, training jobs."""
