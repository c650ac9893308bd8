"""From the bytes of files to records, whatever container they came in."""
