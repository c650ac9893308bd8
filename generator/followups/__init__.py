"""What a question means in its conversation: small talk, a question of its own, or one that lacks something."""
