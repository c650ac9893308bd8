"""The settings of answering."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl


class ServerSettings(BaseModel):
    """The section `[generator.server]`: an OpenAI-compatible server that writes for releases with `backend=openai`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    url: HttpUrl | None = Field(
        None, description="of a server such as vLLM or Ollama, with its version: `http://127.0.0.1:8000/v1`"
    )
    model: str | None = Field(None, min_length=1, description="the model's name on that server")
    api_key: str | None = Field(None, repr=False, description="the key that the server wants, if it wants one")
    context: int = Field(4096, ge=64, description="tokens that the model takes; passages that do not fit are left out")
    stall_s: float = Field(30.0, gt=0, description="seconds without a word of the server after which it counts as down")
    retries: int = Field(2, ge=0, le=10, description="how often a request is repeated that the server may take later")


class GeneratorSettings(BaseModel):
    """The section `[generator]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_model: Path | None = Field(
        None,
        description="`smollm2` or another name of `tandem model list --known`, the folder of a causal model, a GGUF "
        "file, the id of a model in the hub's local cache, or `seed`; without one, answers are extractive",
    )
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$",
        description="where the language model computes; auto: the first GPU, or the CPU",
    )
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto", description="numbers of the language model; auto: bfloat16 where the device computes in it"
    )
    four_bit: bool = Field(
        default=False,
        description="keep the language model in 4 bits; needs bitsandbytes (pip install 'tandem-rag[four-bit]')",
    )
    threads: int = Field(
        0, ge=0, description="threads of the language model; 0: as many as there are processors that others leave free"
    )
    passages: int = Field(4, ge=1, le=50, description="passages given to the generator")
    max_new_tokens: int = Field(96, ge=1, le=4096, description="tokens of an answer, at most")
    rewrite_s: float = Field(
        0.0,
        ge=0,
        allow_inf_nan=False,
        description="seconds for the language model to write out a follow-up question; 0, and with seed: by the rule, "
        "which small models do not better",
    )
    answer_s: float = Field(
        120.0,
        gt=0,
        allow_inf_nan=False,
        description="seconds for the language model to write an answer, waiting included; then passages are quoted",
    )
    server: ServerSettings = ServerSettings()
    max_adapters: int = Field(4, ge=1, description="adapters kept in memory")
    batch: int = Field(8, ge=1, le=1024, description="answers that the language model writes at the same time")
    batch_tokens: int = Field(
        32_768, ge=1, description="tokens of these answers with their prompts; one answer alone may have more"
    )
    waiting: int = Field(
        64, ge=1, description="answers that wait for the language model, at most; more are told to come again (429)"
    )
