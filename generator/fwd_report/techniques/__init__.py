"""Techniques: one file for each thing a spec can name. Dropping in a file adds a technique."""
