"""The formats that files of data sets are written in."""
