"""How the cells of workbooks are shown: what a sheet says beside their values, in each of the formats of workbooks."""
