"""The package as a library: reports from Python, and models driven by hand."""
