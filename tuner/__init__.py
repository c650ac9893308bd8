"""From examples to tuned models. It knows evaluation below it, not HTTP."""
