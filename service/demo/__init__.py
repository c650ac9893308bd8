"""The demo: a small bilingual corpus with questions, and a walk through the whole loop on it."""
