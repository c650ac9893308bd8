"""What readers of several formats share: archives, XML, grids of cells, and text written with its structure."""
