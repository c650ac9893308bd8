"""From ranked passages to a cited answer or an honest abstention. It knows retrieval below it, not training or HTTP."""
