"""The encoder in torch, for GPUs: on a CPU it gives what OpenVINO gives."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from retriever.models.encoder import Vectors
from retriever.models.encoder_files import EncoderFiles, default_encoder
from retriever.models.openvino_encoder import OpenVinoEncoder
from retriever.models.torch_encoder import TorchEncoder
from retriever.settings import RetrieverSettings

_TEXTS = [
    *("leave", "?", "", "café 🙂 naïve", "How many days of annual leave do we get?"),
    *(" ".join(f"word{number}" for number in range(size)) for size in (40, 3, 200, 900)),
    "The office opens at nine. " * 30,
]


@pytest.fixture(scope="module")
def files() -> EncoderFiles:
    return EncoderFiles.read(default_encoder())


@pytest.fixture(scope="module")
def trained(files: EncoderFiles, retriever_settings: RetrieverSettings) -> TorchEncoder:
    return TorchEncoder(files, retriever_settings, "cpu")


def test_torch_and_openvino_give_vectors_of_one_space(
    trained: TorchEncoder, files: EncoderFiles, retriever_settings: RetrieverSettings
) -> None:
    served = OpenVinoEncoder(files, retriever_settings.model_copy(update={"precision": "f32"}))

    for encode in ("encode_passages", "encode_queries"):
        cosines = (getattr(served, encode)(_TEXTS) * getattr(trained, encode)(_TEXTS)).sum(axis=1)
        assert cosines.min() >= 0.9999

    for name in ("space_id", "dimension", "max_tokens"):
        assert getattr(served, name) == getattr(trained, name)
    assert trained.count_tokens(_TEXTS) == served.count_tokens(_TEXTS)
    for text in (*_TEXTS, "员工每年享有多少天年假？"):
        assert trained.unknown_share(text) == served.unknown_share(text)
        assert trained.trust(text) == served.trust(text) == 1.0


def test_vectors_have_length_one_and_come_in_the_order_of_the_texts(trained: TorchEncoder) -> None:
    together = trained.encode_passages(_TEXTS)

    assert (together.dtype, together.shape) == (np.dtype(np.float32), (len(_TEXTS), 384))
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    alone = np.concatenate([trained.encode_passages([text]) for text in _TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_no_texts_give_an_empty_matrix(trained: TorchEncoder) -> None:
    assert trained.encode_passages([]).shape == (0, 384)


def test_four_threads_get_the_vectors_that_one_gets(trained: TorchEncoder) -> None:
    expected = trained.encode_passages(_TEXTS[:6])
    found: list[Vectors] = []
    threads = [threading.Thread(target=lambda: found.append(trained.encode_passages(_TEXTS[:6]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    for vectors in found:
        np.testing.assert_allclose(vectors, expected, atol=1e-5)
