"""What users do: a module for each noun, records in and records out. The routes of every wire call these."""
