"""PDF: from the signs on its pages to lines, tables and paragraphs, each with the place where it stands."""
