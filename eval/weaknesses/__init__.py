"""Why answers are wrong: one cause for each, and what it would bring to mend it."""
