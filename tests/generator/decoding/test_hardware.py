"""What a model is computed on: types by hardware, and threads by what others leave free."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from generator.decoding import hardware
from generator.decoding.hardware import Threads, device_of, dtype_of
from generator.settings import GeneratorSettings


@pytest.mark.parametrize(("computes", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_bfloat16_is_taken_where_the_processor_computes_in_it(
    monkeypatch: pytest.MonkeyPatch, computes: bool, expected: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: computes)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)

    assert dtype_of(GeneratorSettings(), "cpu") is expected
    assert dtype_of(GeneratorSettings(dtype="float16"), "cpu") is torch.float16
    assert device_of(GeneratorSettings(device="cuda:1")) == "cuda:1"


@pytest.mark.parametrize(
    ("idle", "own", "expected"),
    [(0.0, 1.0, 1), (1.0, 1.0, 2), (4.0, 0.0, 4), (9.0, 0.0, 4), (0.0, 0.0, 1), (1.9, 0.9, 3)],
)
def test_there_are_as_many_threads_as_processors_that_others_leave_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, idle: float, own: float, expected: int
) -> None:
    clock, busy, source = [100.0], [5.0], tmp_path / "stat"
    monkeypatch.setattr(hardware.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(hardware.time, "process_time", lambda: busy[0])
    monkeypatch.setattr(hardware.os, "getloadavg", lambda: (1.2, 0.0, 0.0))
    source.write_text("cpu 1 2 3 1000 0 0\n", encoding="ascii")
    threads = Threads(0, processors=4, idle=source)
    assert threads.look() == 3  # nothing was measured yet, and one thread wanted to run

    clock[0] += 10
    busy[0] += 10 * own
    source.write_text(f"cpu 9 9 9 {1000 + int(idle * 1000)} 0 0\n", encoding="ascii")

    assert threads.look() == expected
    assert threads.look() == expected  # and it is not measured again at once


def test_threads_that_are_set_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware.os, "getloadavg", lambda: (0.0, 0.0, 0.0))

    assert Threads(3, processors=2).look() == 3
    assert Threads(0, processors=2, idle=tmp_path / "absent").look() == 2
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert Threads(0, idle=tmp_path / "absent").look() == 1
