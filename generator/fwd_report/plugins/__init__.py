"""What a project's techniques/ folder and installed packages add to the package's own."""
