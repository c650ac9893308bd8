"""Quantised weights: nearly the same vectors, in a space of their own."""

from __future__ import annotations

import numpy as np

from retriever.models.encoder_files import EncoderFiles, default_encoder
from retriever.models.openvino_encoder import OpenVinoEncoder
from retriever.models.quantisation import quantise
from retriever.settings import RetrieverSettings

_TEXTS = ["The ferry leaves at noon.", "A ticket costs 12 crowns, children pay half of that. " * 8, "pier"]


def test_the_vectors_of_quantised_weights_are_near_to_the_exact_ones_and_lie_in_another_space(
    retriever_settings: RetrieverSettings,
) -> None:
    files = EncoderFiles.read(default_encoder())
    exact = OpenVinoEncoder(files, retriever_settings.model_copy(update={"precision": "f32", "threads": 1}))
    quantised = OpenVinoEncoder(files, retriever_settings.model_copy(update={"precision": "int8", "threads": 1}))

    cosines = (exact.encode_passages(_TEXTS) * quantised.encode_passages(_TEXTS)).sum(axis=1)

    assert cosines.min() > 0.99
    assert cosines.min() < 0.9998  # bfloat16 alone stays above 0.9999
    np.testing.assert_allclose(np.linalg.norm(quantised.encode_queries(_TEXTS[:1]), axis=1), 1.0, atol=1e-3)
    assert exact.space_id != quantised.space_id


def test_every_matrix_is_within_half_a_step_of_what_it_was() -> None:
    import openvino as ov
    from openvino import opset13 as op

    weights = np.random.default_rng(1).standard_normal((8, 6)).astype(np.float32)
    weights[3] = 0.0  # a row without a scale
    rows = op.parameter([2, 6], np.float32)
    model = ov.Model([op.matmul(rows, op.constant(weights), transpose_a=False, transpose_b=True)], [rows])

    assert quantise(model) == 1

    infer = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = infer(np.eye(6, dtype=np.float32)[:2])[0]
    steps = np.abs(weights).max(axis=1) / 127
    assert (np.abs(found.T - weights[:, :2]) <= steps[:, None] / 2 + 1e-6).all()


def test_products_without_constant_matrices_stay() -> None:
    import openvino as ov
    from openvino import opset13 as op

    left, right = op.parameter([2, 3], np.float32), op.parameter([3, 2], np.float32)

    assert quantise(ov.Model([op.matmul(left, right, transpose_a=False, transpose_b=False)], [left, right])) == 0
