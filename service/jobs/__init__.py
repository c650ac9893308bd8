"""Jobs: the worker, its child processes, and what becomes of them."""
