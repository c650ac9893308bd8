"""Benchmarks: Tandem measured on data sets, beside other systems."""
