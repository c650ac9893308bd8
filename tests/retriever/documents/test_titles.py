"""What documents are called."""

from __future__ import annotations

import pytest

from retriever.documents.titles import title_of


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Leave policy", "Leave policy"),
        ("Expense_Policy 2025-01 (current).md", "Expense Policy 2025-01 (current)"),
        ("hr/2024/leave_policy.txt", "leave policy"),
        ("西仓作业须知.md", "西仓作业须知"),
        ("CHANGELOG quill-api.md", "CHANGELOG quill-api"),
        ("README.md", ""),
        ("2025.txt", ""),
        ("9f86d081884c7d659a2feaa0c55ad015.txt", ""),
    ],
)
def test_a_file_name_is_made_readable_unless_it_says_nothing(title: str, shown: str) -> None:
    assert title_of(title, title) == (shown if "." in title else "")
    assert title_of(title, "doc-1") == shown
