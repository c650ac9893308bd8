"""The ways to write an answer, a module each."""
