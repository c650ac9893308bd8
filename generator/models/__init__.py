"""Language models: which there are by name, how they are fetched and converted, and where a setting finds one."""
