"""The mathematics of diffusion: processes, estimators, views, filters. Pure torch, no I/O."""
