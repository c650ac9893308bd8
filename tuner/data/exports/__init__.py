"""Data sets as files that other tools read."""
