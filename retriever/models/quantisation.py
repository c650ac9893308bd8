"""Weights of an OpenVINO model as 8-bit integers, each row with a scale of its own (symmetric, Jacob et al. 2018).

With dynamic quantisation the CPU then multiplies integers, which pays where it cannot compute in bfloat16.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import openvino as ov

GROUP = {"DYNAMIC_QUANTIZATION_GROUP_SIZE": "128"}  # activations that share a scale; what makes OpenVINO use integers
_LARGEST = 127


def quantise(model: ov.Model) -> int:
    """Replace the constant matrices of all matrix products in the model; return how many they were."""
    count = 0
    for node in model.get_ops():
        if node.get_type_name() != "MatMul":
            continue
        source = node.input_value(1).get_node()
        while source.get_type_name() == "Convert":
            source = source.input_value(0).get_node()
        if source.get_type_name() != "Constant" or len(source.get_output_shape(0)) != 2:
            continue
        weights = np.array(source.get_data(), dtype=np.float32)
        product = _in_8_bits(weights, 1 if node.get_attributes()["transpose_b"] else 0)
        node.input(1).replace_source_output(product.output(0))
        count += 1
    model.validate_nodes_and_infer_types()
    return count


def quantise_words(model: ov.Model) -> None:
    """Replace the largest table that the model looks rows up in: the embeddings of its words.

    Of 250,000 words and 384 numbers each they take 96 MB in place of 384, in each compiled form; that costs a vector
    less than bfloat16 does.
    """
    tables = [node for node in model.get_ops() if node.get_type_name() == "Gather" and len(_table(node)) == 2]
    largest = max(tables, key=lambda node: _table(node)[0])
    weights = np.array(largest.input_value(0).get_node().get_data(), dtype=np.float32)
    largest.input(0).replace_source_output(_in_8_bits(weights, 1).output(0))
    model.validate_nodes_and_infer_types()


def _table(node: ov.Node) -> list[int]:
    """Return the shape of the constant that a node looks rows up in, empty if it is none."""
    source = node.input_value(0).get_node()
    return list(source.get_output_shape(0)) if source.get_type_name() == "Constant" else []


def _in_8_bits(weights: npt.NDArray[np.float32], summed_over: int) -> ov.Node:
    from openvino import opset13 as op

    scale = np.maximum(np.abs(weights).max(axis=summed_over, keepdims=True) / _LARGEST, np.finfo(np.float32).tiny)
    codes = op.constant(np.round(weights / scale).astype(np.int8), dtype=np.int8)
    return op.multiply(op.convert(codes, "f32"), op.constant(scale.astype(np.float32)))
