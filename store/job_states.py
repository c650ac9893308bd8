"""The states that end a job: known without the database, to whoever watches one from outside."""

from __future__ import annotations

FINAL = ("succeeded", "failed", "cancelled")
