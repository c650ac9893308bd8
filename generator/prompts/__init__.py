"""Frozen prompts. A file here never changes once released: adapters and releases name its hash."""
