"""Picture files made from results: grids, strips, GIFs, curves, diagrams."""
