"""Where runs are run: in this process, or by workers of a Ray cluster."""
