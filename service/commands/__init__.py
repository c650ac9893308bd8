"""The verbs of the command line. They import what is heavy only when they run, so that `--help` is quick."""
