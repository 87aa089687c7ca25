"""Declarative diffusion experiments, run once, cached by key, published as a site."""

__version__ = "0.1.0"
