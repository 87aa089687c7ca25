"""Pictures made of results: grids, strips, GIFs, curves, diagrams."""
