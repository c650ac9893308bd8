"""From the bytes of a document to its passages and their vectors."""
