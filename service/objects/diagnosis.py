"""The wire object of `tandem doctor`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class DomainDiagnosis(BaseModel):
    """How well the encoder reads a domain: the mean share of its texts that is unknown, and what follows from it."""

    domain: str
    texts: int
    unknown_share: float
    dense_weight: float
    advice: str


class Diagnosis(BaseModel):
    """The encoder of the server, where its settings come from, and each domain's diagnosis."""

    object: Literal["diagnosis"] = "diagnosis"
    encoder: str
    space_id: str
    precision: str
    reranker: str | None
    settings_from: str
    domains: list[DomainDiagnosis]
