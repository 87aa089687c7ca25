"""Results elsewhere: remotes by fsspec URL, and files to carry. Whole, verified, in parallel."""
