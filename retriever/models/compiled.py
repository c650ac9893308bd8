"""Converted models compiled for this CPU by OpenVINO, and used by many threads.

Three traps shape this module. A compiled model is neither thread-safe nor does it copy its input, so a pool of infer
requests is used and never the model itself. The precision is always said: left alone, some CPUs compute in bfloat16 and
others do not. And OpenVINO finds its compiled forms again by model and device alone: one that was compiled for float32
would be taken for bfloat16, and on a CPU with AMX compute garbage or write where it must not. So each way of computing
has a folder of its own.
"""

from __future__ import annotations

import logging
import queue
import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retriever.models.finite import finite
from retriever.models.quantisation import GROUP, quantise
from retriever.models.reference import REFERENCE, TOLERANCE, Floats, Reference, Tokens
from retriever.settings import RetrieverSettings
from store.errors import ComputationError
from store.ids import canonical_json, sha256

if TYPE_CHECKING:
    import openvino as ov

_LOG = logging.getLogger("tandem")


@dataclass(frozen=True)
class Computation:
    """All that decides a compiled form beside the model.

    `precision` is that of the products of matrices, "f32", "bf16" or "int8"; `floats` that of all else, "f32" or
    "bf16"; `threads` 0 means as many as there are cores; with `shape` (texts, tokens) the inputs have that shape only,
    which is quicker.
    """

    precision: str
    floats: str
    threads: int = 0
    shape: tuple[int, int] | None = None

    @classmethod
    def of(cls, settings: RetrieverSettings, precision: str, shape: tuple[int, int] | None = None) -> Computation:
        """Return how a model computes in `precision` under the settings."""
        floats = precision if precision != "int8" else "f32" if shape else cpu_floats()
        return cls(precision, floats, settings.threads, shape)

    def __str__(self) -> str:
        return f"{self.precision}, {f'{self.threads} threads' if self.threads else 'a thread for each core'}"

    @property
    def name(self) -> str:
        """The name of its folder: two computations that differ have different names, on different CPUs, too."""
        shape = "x".join(map(str, self.shape)) if self.shape else "any"
        group = "".join(GROUP.values()) if self.precision == "int8" else "0"
        return f"compiled-{self.precision}-{self.floats}-threads{self.threads}-{shape}-group{group}-{_cpu_key()}"


class InferRequests:
    """A compiled model that many threads may use: infer requests that are lent to one of them at a time.

    `what` names the model in messages; `reference` is the file with what it must compute, by default the one that was
    written when it was converted. A model that computes something else is compiled anew, once, and then refused with a
    `ComputationError`.
    """

    def __init__(
        self, folder: Path, computation: Computation, count: int, what: str, reference: Path | None = None
    ) -> None:
        self._what = f"{what}, computing in {computation.precision} on this CPU,"
        self._folder = folder
        self._computation = computation
        self._count = count
        self._compile()
        self._check(Reference.read(reference or folder / REFERENCE))

    def infer(self, inputs: Mapping[str, Tokens]) -> Floats:
        """Return the first output, as an array of its own; inputs that the model does not have are left out.

        Raises `ComputationError` if a number in it is not finite.
        """
        request = self._free.get()
        try:
            output = np.array(request.infer({name: rows for name, rows in inputs.items() if name in self.names})[0])
        finally:
            self._free.put(request)
        try:
            return finite(output, self._what, _WAY_OUT)
        except ComputationError:
            _LOG.exception("%s gave numbers that are not finite; its converted form is in %s", self._what, self._folder)
            raise

    def _compile(self) -> None:
        try:
            compiled = _compiled(self._folder, self._computation)
        except RuntimeError as error:  # files that are damaged, or a machine that OpenVINO does not serve
            _LOG.exception("%s cannot be compiled; its converted form is in %s", self._what, self._folder)
            raise ComputationError(f"{self._what} cannot be compiled. {_WAY_OUT}") from error
        self.names = {port.any_name for port in compiled.inputs}
        self.dimension = compiled.output(0).partial_shape[-1]
        self._free: queue.SimpleQueue[ov.InferRequest] = queue.SimpleQueue()
        for _ in range(self._count):
            self._free.put(compiled.create_infer_request())

    def _check(self, known: Reference) -> None:
        """Compare with what is known; raise `ComputationError` if a model that was compiled just now is wrong, too."""
        longest = self._computation.shape[1] if self._computation.shape else None
        most = TOLERANCE[self._computation.precision]
        if known.error(self.infer, longest) <= most:
            return
        _LOG.warning("%s computes a known text wrongly and is compiled anew, in %s", self._what, self._folder)
        shutil.rmtree(self._folder / self._computation.name, ignore_errors=True)
        self._compile()
        error = known.error(self.infer, longest)
        if error > most:
            _LOG.error("%s computes a known text wrongly; its converted form is in %s", self._what, self._folder)
            message = f"{self._what} computes a known text wrongly, by {error:.3g} where {most} is allowed. {_WAY_OUT}"
            raise ComputationError(message)


_WAY_OUT = (
    "Remove the folder of the converted model that the log names and start again; if that does not help, set "
    'retriever.precision to "f32"; if that is wrong, too, the weights or this machine are damaged.'
)


@cache
def core() -> ov.Core:
    """Return OpenVINO's runtime, one for the process."""
    import openvino as ov

    return ov.Core()


@cache
def _cpu_key() -> str:
    """Return a short hash of what this CPU is and can: virtual ones of several kinds have the same name."""
    return sha256(canonical_json([cpu_name(), sorted(core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))]))[:8]


def cpu_name() -> str:
    """Return how this CPU calls itself."""
    return str(core().get_property("CPU", "FULL_DEVICE_NAME"))


@cache
def cpu_floats() -> str:
    """Return "bf16" if this CPU computes in bfloat16, else "f32"."""
    return "bf16" if "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"


def _compiled(folder: Path, computation: Computation) -> ov.CompiledModel:
    """Return the model of a converted folder, compiled; what is compiled the first time is kept in the folder.

    It is put in place only when whole: processes that start together never read each other's halves.
    """
    for stray in folder.glob("*.blob"):  # of versions that kept all of them together
        stray.unlink(missing_ok=True)
    kept = folder / computation.name
    if kept.is_dir():
        return _compile(folder, computation, kept)
    staging = folder / f".{computation.name}-{uuid.uuid4().hex}"
    try:
        staging.mkdir()
    except OSError:  # a cache that may only be read, or a full disk: it takes some tenths of a second longer
        return _compile(folder, computation, None)
    try:
        compiled = _compile(folder, computation, staging)
        with suppress(OSError):  # another process was first
            staging.rename(kept)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return compiled


def _compile(folder: Path, computation: Computation, kept: Path | None) -> ov.CompiledModel:
    properties = {
        "INFERENCE_PRECISION_HINT": computation.floats,
        "PERFORMANCE_HINT": "LATENCY",
        # Pinned, the threads of a server and of its jobs would wait for the same cores while others are free.
        "ENABLE_CPU_PINNING": "NO",
    }
    if kept is not None:
        properties["CACHE_DIR"] = str(kept)
    if computation.threads:
        properties["INFERENCE_NUM_THREADS"] = str(computation.threads)
    model = core().read_model(folder / "model.xml")
    if computation.precision == "int8":
        quantise(model)
        properties |= GROUP
    if computation.shape:
        model.reshape({port.any_name: list(computation.shape) for port in model.inputs})
    return core().compile_model(model, "CPU", properties)
