"""The benchmark of writing: what it counts, and that its systems write the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tiny import build_tiny_model

from benchmarks.generation import Figures, make_adapters, make_jobs, measured, median, table
from benchmarks.generation_systems import Job, Written, open_system


class Even:
    """A system that reads ten tokens a second, all prompts after each other, and then writes a round every second."""

    def write(self, jobs: Sequence[Job], new: int) -> list[Written]:
        read = sum(len(job.prompt) for job in jobs) / 10
        return [Written([7] * new, [read + step for step in range(new)]) for _ in jobs]


def test_reading_is_the_time_of_one_token_and_writing_that_of_the_others() -> None:
    found = measured(Even(), [Job([1] * 30, "a"), Job([2] * 10, "b")], 5)

    assert (found.reading, found.writing) == (10.0, 2.0)
    assert (found.first_s, found.whole_s) == (4.0, 8.0)


def test_the_table_shows_each_system_beside_the_loop() -> None:
    loop, other = Figures(10, 2, 4, 8, 100, 20, [[1], [2]]), Figures(20, 8, 2, 2, 150, 80, [[1], [3]])

    lines = table({"tandem": other, "loop": loop}).split("\n")

    assert lines[2] == "| tandem | 20 (2.00×) | 8 (4.00×) | 2 (2.00×) | 2 (4.00×) | 150 (1.50×) | 80 (4.00×) | 1 of 2 |"
    assert lines[3] == "| loop | 10 | 2 | 4 | 8 | 100 | 20 |  |"


def test_the_median_of_rounds_is_taken_figure_by_figure() -> None:
    rounds = [Figures(1, 9, 5, 2, 1, 1, [[1]]), Figures(3, 7, 6, 1, 2, 3, [[2]]), Figures(2, 8, 4, 3, 3, 2, [[3]])]

    assert median(rounds) == Figures(2, 8, 5, 2, 2, 2, [[1]])


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_all_systems_write_the_same_tokens(tmp_path: Path) -> None:
    model = build_tiny_model(tmp_path / "model", ("the office opens at nine",), vocabulary=300, spread=0.3)
    (tmp_path / "adapters").mkdir()
    adapters = make_adapters(model, tmp_path / "adapters", 2)
    jobs = make_jobs(model, adapters, count=3, length=12)

    tandem, loop = (open_system(name, model, tmp_path / "adapters", 1).write(jobs, 4) for name in ("tandem", "loop"))

    assert [job.adapter for job in jobs] == ["adapter0", "adapter1", "adapter0"]
    assert [len(job.prompt) for job in jobs] == [12, 12, 12]
    assert [each.tokens for each in tandem] == [each.tokens for each in loop]
    assert all(len(each.times) == 4 and each.times == sorted(each.times) for each in tandem + loop)
