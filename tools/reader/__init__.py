"""The recipe of the reader's weights."""
