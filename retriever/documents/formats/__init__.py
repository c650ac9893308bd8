"""The formats of documents: a module each, and the table that names them."""
