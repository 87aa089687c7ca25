"""How emoji-IF, the text-to-image cascade inside the package, was made."""
