"""The recipe of the Chinese vectors."""
