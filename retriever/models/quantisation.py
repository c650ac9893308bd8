"""Weights of an OpenVINO model as 8-bit integers, each row with a scale of its own (symmetric, Jacob et al. 2018).

With dynamic quantisation the CPU then multiplies integers, which pays where it cannot compute in bfloat16.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import openvino as ov

GROUP = {"DYNAMIC_QUANTIZATION_GROUP_SIZE": "128"}  # activations that share a scale; what makes OpenVINO use integers
_LARGEST = 127


def quantise(model: ov.Model) -> int:
    """Replace the constant matrices of all matrix products in the model; return how many they were."""
    from openvino import opset13 as op

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
        summed_over = 1 if node.get_attributes()["transpose_b"] else 0
        scale = np.maximum(np.abs(weights).max(axis=summed_over, keepdims=True) / _LARGEST, np.finfo(np.float32).tiny)
        codes = op.constant(np.round(weights / scale).astype(np.int8), dtype=np.int8)
        product = op.multiply(op.convert(codes, "f32"), op.constant(scale.astype(np.float32)))
        node.input(1).replace_source_output(product.output(0))
        count += 1
    model.validate_nodes_and_infer_types()
    return count
