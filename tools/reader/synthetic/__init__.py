"""Synthetic documents of the kinds that teams write, with questions, for training and judging the reader."""
