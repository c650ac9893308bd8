"""HTTP, command line, jobs and keys. It composes the other packages and computes nothing itself."""
