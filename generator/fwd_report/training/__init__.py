"""Part B: UNets, datasets, loops, checkpoints."""
