"""The structure of a text: its headings, paragraphs, lists, tables, questions and code, with exact spans."""
