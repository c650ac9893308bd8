"""A sentence-transformers model on a CPU: converted to OpenVINO once and served without torch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np

from retriever.models.automatic import Model, for_passages, for_questions
from retriever.models.compiled import Computation, InferRequests
from retriever.models.encoder import Vectors
from retriever.models.encoder_files import EncoderFiles, converted, default_cache
from retriever.models.reference import REFERENCE, Tokens
from retriever.settings import RetrieverSettings
from retriever.weights import shipped
from store.ids import hashed_id

_QUESTIONS = (16, 32)  # tokens of questions for which there is a model of fixed shape: it takes two thirds of the time
_STEP = 8  # lengths are rounded up to a multiple of it: each new one makes OpenVINO prepare its kernels again


class OpenVinoEncoder:
    """See `retriever.encoder.Encoder`. Safe to use from many threads."""

    def __init__(self, files: EncoderFiles, settings: RetrieverSettings) -> None:
        int8 = settings.precision == "int8"
        self.space_id = hashed_id("spc", {"of": files.space_id, "weights": "int8"}) if int8 else files.space_id
        self.max_tokens = files.max_tokens
        self._files = files
        self._batch_tokens = settings.batch_tokens
        folder = converted(files, settings.cache or default_cache())
        reference = shipped("minilm") / REFERENCE if files.is_default else folder / REFERENCE
        self._converted = Model(folder, "The encoder", reference, files.max_tokens)
        self._settings = settings
        self._precision = None if settings.precision == "auto" else settings.precision
        self._passages = for_passages(self._converted, settings, self._precision)
        self._model = self._converted.requests(self._passages, 4)
        self._questions: dict[int, InferRequests] = {}  # by their longest, compiled when the first question comes
        self._compiling = threading.Lock()
        self.dimension = int(self._model.dimension.get_length())
        self._whole = whole = files.tokenizer
        self._special = whole.num_special_tokens_to_add(is_pair=False)
        # The share of a question that is unknown is asked for just before its vector.
        self._tokens: Callable[[str], list[int]] = lru_cache(maxsize=1)(lambda text: whole.encode(text).ids)
        self._unknown = files.unknown_id

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return self._encode([self._files.passage_prefix + text for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`. A short one alone goes to the model for questions."""
        prefixed = [self._files.query_prefix + text for text in texts]
        if len(prefixed) == 1:
            tokens = self._tokens(prefixed[0])
            fitting = [longest for longest in _QUESTIONS if len(tokens) <= min(longest, self.max_tokens)]
            if fitting:
                ids, mask = padded([tokens], fitting[0])
                return self._question_model(fitting[0]).infer({"input_ids": ids, "attention_mask": mask})
        return self._encode(prefixed)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See `Encoder`."""
        return [len(encoding) for encoding in self._whole.encode_batch_fast(list(texts))]

    def unknown_share(self, text: str) -> float:
        """See `Encoder`."""
        tokens = self._tokens(text)
        count = len(tokens) - self._special
        return tokens.count(self._unknown) / count if count > 0 and self._unknown is not None else 0.0

    def trust(self, text: str) -> float:
        """See `Encoder`."""
        del text
        return 1.0

    @property
    def computing(self) -> dict[str, str]:
        """How passages and short questions are computed, for people."""
        asked = str(self._asked) if self._questions else "chosen when the first short question comes"
        return {"precision": self._passages.precision, "passages": str(self._passages), "questions": asked}

    @cached_property
    def _asked(self) -> Computation:
        return for_questions(self._converted, self._settings, self._precision)

    def _question_model(self, longest: int) -> InferRequests:
        with self._compiling:
            if longest not in self._questions:
                computation = replace(self._asked, shape=(1, longest))
                self._questions[longest] = self._converted.requests(computation, 2)
            return self._questions[longest]

    def _encode(self, texts: Sequence[str]) -> Vectors:
        result = np.empty((len(texts), self.dimension), dtype=np.float32)
        tokens = self._files.token_ids(texts)
        for rows in batches([len(ids) for ids in tokens], self._batch_tokens):
            ids, mask = padded([tokens[row] for row in rows], _STEP)
            result[rows] = self._model.infer({"input_ids": ids, "attention_mask": mask})
        return result


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Yield the rows of all texts, longest first, in batches that padded hold at most `budget` tokens, but one text."""
    by_length = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    start = 0
    while start < len(by_length):
        size = max(1, budget // max(1, lengths[by_length[start]]))
        yield by_length[start : start + size]
        start += size


def padded(tokens: Sequence[Sequence[int]], step: int = 1) -> tuple[Tokens, Tokens]:
    """Return token ids and attention mask, both (texts, longest), int64; what is padding is masked.

    `longest` is rounded up to a multiple of `step`.
    """
    longest = -(-max(len(ids) for ids in tokens) // step) * step
    ids = np.zeros((len(tokens), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, own in enumerate(tokens):
        ids[row, : len(own)] = own
        mask[row, : len(own)] = 1
    return ids, mask
