"""The HTTP calls, a module for each noun."""
