"""The indexes of a domain: views of the database's change log, searched without it."""
