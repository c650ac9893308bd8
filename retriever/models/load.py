"""Which encoder the settings ask for, loaded. What a GPU or a CPU needs is imported here, when it is needed."""

from __future__ import annotations

from pathlib import Path

from retriever.models.encoder import BilingualEncoder, Encoder
from retriever.models.encoder_files import EncoderFiles, default_encoder
from retriever.settings import RetrieverSettings


def load_encoder(settings: RetrieverSettings) -> Encoder:
    """Return the encoder of the settings: torch on a GPU, OpenVINO on a CPU; the default one with its Chinese part."""
    files = EncoderFiles.read(settings.encoder or default_encoder())
    encoder: Encoder
    if _device(settings) == "cuda":
        from retriever.models.torch_encoder import TorchEncoder

        encoder = TorchEncoder(files, settings, "cuda")
    else:
        from retriever.models.openvino_encoder import OpenVinoEncoder

        encoder = OpenVinoEncoder(files, settings)
    return BilingualEncoder(encoder) if files.is_default else encoder


def _device(settings: RetrieverSettings) -> str:
    """Return "cuda" or "cpu"; torch is only asked where an NVIDIA driver is, since importing it takes seconds."""
    if settings.device != "auto":
        return settings.device
    if not Path("/proc/driver/nvidia/version").exists():
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
