"""What tests of several rooms are written with; a test is in none of these files."""
