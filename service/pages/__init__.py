"""The files of the pages for people: the start page and the description of the interface."""
