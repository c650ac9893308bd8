"""From a question to the passages that fit best."""
