"""Whether a sentence says what the passage says that it cites."""
