"""Results by key: written atomically, verified when read."""
