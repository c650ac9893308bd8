"""Drafting questions with answers from the documents of a domain, to be reviewed by people."""
