"""From answers to stored files, and what a run is given. Counted in every key."""
