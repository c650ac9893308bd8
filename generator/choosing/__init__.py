"""Choosing: which statement of the retrieved passages answers a question, and how likely one does."""
