"""Results elsewhere: remotes by fsspec URL, and files to carry. Complete, verified, in parallel."""
