"""Jinja rendering into docs/, checks, publishing."""
