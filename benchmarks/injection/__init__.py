"""Prompt injection: payloads of our own, and how often a generator does what they say."""
