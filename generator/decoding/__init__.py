"""Writing with one base model in memory for many requests at once, each with the adapter that it asks for."""
