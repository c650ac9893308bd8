"""Tandem's own wire contract."""
