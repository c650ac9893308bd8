"""Programs for developers of Tandem: the recipes of shipped weights, calibration, the file tree."""
