"""The weights by which statements are chosen and evidence is judged: how they are fitted."""
