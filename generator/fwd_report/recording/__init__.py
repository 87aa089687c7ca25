"""From a run's answers to its stored files, and what it is given: counted as code that makes it."""
