"""HTTP below the routes: connections, limits, keys, failures."""
