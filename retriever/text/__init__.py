"""Texts: how they are cut into words and sentences, and which language they are in."""
