"""Which encoder the settings ask for, loaded. What a GPU or a CPU needs is imported here, when it is needed."""

from __future__ import annotations

from pathlib import Path

from retriever.models.centred_encoder import MEANS, CentredEncoder
from retriever.models.encoder import BilingualEncoder, Encoder
from retriever.models.encoder_files import EncoderFiles, default_cache, default_encoder
from retriever.models.known_encoders import known_encoder
from retriever.settings import RetrieverSettings
from retriever.weights import shipped


def load_encoder(settings: RetrieverSettings) -> Encoder:
    """Return the encoder of the settings: torch on a GPU, OpenVINO on a CPU.

    The default one has a part for Chinese, one that has a name is centred.
    """
    known = known_encoder(settings.encoder)
    if known is not None:
        files = EncoderFiles.read(known.folder(settings.cache or default_cache()), known.identity)
        return CentredEncoder(_computed(files, settings), shipped(known.name) / MEANS)
    files = EncoderFiles.read(settings.encoder or default_encoder())
    encoder = _computed(files, settings)
    return BilingualEncoder(encoder) if files.is_default else encoder


def _computed(files: EncoderFiles, settings: RetrieverSettings) -> Encoder:
    """Return the encoder in a folder, as this machine computes it."""
    if _device(settings) == "cuda":
        from retriever.models.torch_encoder import TorchEncoder

        return TorchEncoder(files, settings, "cuda")
    from retriever.models.openvino_encoder import OpenVinoEncoder

    return OpenVinoEncoder(files, settings)


def _device(settings: RetrieverSettings) -> str:
    """Return "cuda" or "cpu"; torch is only asked where an NVIDIA driver is, since importing it takes seconds."""
    if settings.device != "auto":
        return settings.device
    if not Path("/proc/driver/nvidia/version").exists():
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
