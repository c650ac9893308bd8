"""Measuring: arms compared over questions, with paired intervals, a verdict and a gate. It trains nothing."""
