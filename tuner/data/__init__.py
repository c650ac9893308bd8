"""Data sets: from files, and as rows to train on."""
