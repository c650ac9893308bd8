"""The wire contracts, a package each."""
