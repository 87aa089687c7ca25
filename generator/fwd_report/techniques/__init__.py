"""Techniques: one file for each thing that a spec can name. Adding a file adds a technique."""
