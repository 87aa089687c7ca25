"""Stored pictures as scripts of plain diffusers that make them again."""
