"""The report of an evaluation: comparisons, verdict, page."""
