"""Transfer results to and from remotes (fsspec URLs) and ZIP files: atomic, verified, parallel."""
