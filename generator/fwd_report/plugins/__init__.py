"""What a project's techniques/ folder and installed packages add to what the package has."""
