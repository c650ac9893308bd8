"""Templates that make instructions of raw records: a file each, in several wordings, English and Chinese."""
