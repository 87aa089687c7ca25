"""Declarative diffusion experiments, run once, cached by key, published as a site."""

from fwd_report import sources as sources  # before every module whose code is part of keys

__version__ = "0.1.0"
