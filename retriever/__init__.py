"""From documents to ranked passages. It knows the store below it, and nothing of answers, training or HTTP."""
