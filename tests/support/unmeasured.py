"""Keeps tests from measuring: what `precision = "auto"` means is written as if the usual way had been the quickest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from retriever.models import automatic
from retriever.models.automatic import Model, for_passages, for_questions
from retriever.models.encoder_files import EncoderFiles, default_encoder
from retriever.models.measuring import Measured, Trial, write_measured
from retriever.models.span_reader import reader_id
from retriever.settings import RetrieverSettings
from retriever.weights import shipped


def keep_the_usual(cache: Path) -> None:
    """Write the measurements of both shipped models, without any."""

    def usual(place: Path, ways: Mapping[str, Trial], machine: Mapping[str, Any]) -> Measured:
        measured = Measured(next(iter(ways)), dict.fromkeys(ways, 1.0), machine)
        write_measured(place, measured)
        return measured

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(automatic, "quickest", usual)
        for name in (EncoderFiles.read(default_encoder()).space_id, reader_id(shipped("reader"))):
            for settings in (RetrieverSettings(), RetrieverSettings(threads=1)):
                model = Model(cache / name, "A model", cache / name, 256)
                for_passages(model, settings, None)
                for_questions(model, settings, None)
