"""How the prompt and the number of shots were chosen: candidates, and a command that measures them on dev."""
