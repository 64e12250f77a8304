"""The compiled graph that engines on the same weights share, and the one place where it runs.

What a run needs besides an engine's keys and values, the largest logits above all, it needs once and not
for each of them: an engine for everybody who types has its keys and values alone.
"""

import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from codekiln.generate.engine import Logits
from codekiln.generate.openvino.forms import Kind
from codekiln.generate.openvino.graph import build_graph
from codekiln.generate.openvino.rotary import rotary_tables
from codekiln.generate.openvino.runtime import (
    CompiledModel,
    InferRequest,
    Type,
    compile_model,
    has_bf16,
    tensor,
)
from codekiln.model.arrays import check_fit, read_arrays, shapes
from codekiln.model.config import ModelConfig
from codekiln.model.lora import Adapter, merged

# A product with 8 tokens takes no longer than one with a single token; but shapes that change from
# step to step take the plugin a fifth more time.
STRIDE = 8

Array = npt.NDArray[np.generic]
Arrays = Mapping[str, Array]


class Network:
    """Runs for one engine at a time; others wait."""

    def __init__(self, compiled: CompiledModel, config: ModelConfig, half: bool) -> None:
        """With `half` keys and values are in bf16, whose bits numpy has as `uint16`."""
        self.config, self.half = config, half
        self.cosine, self.sine = rotary_tables(config, STRIDE)
        self.compiled = compiled
        self._request: InferRequest = compiled.create_infer_request()
        self._given: dict[str, Array] = {}
        self._caches: Arrays = {}
        self._running = threading.Lock()

    def run(self, inputs: Arrays, caches: Arrays) -> Logits:
        """Logits `[wanted, vocab]`; keys and values are read from `caches` and written to them."""
        with self._running:
            for name, array in inputs.items():
                self._give(name, array)
            if caches is not self._caches:
                self._caches = {}  # should this be interrupted
                for name, array in caches.items():
                    self._bind(name, array)
                self._caches = caches
            # Not in this thread: the plugin keeps memory for each one that ever called it.
            self._request.start_async()
            try:
                self._request.wait()
            except BaseException:
                self._request.wait()  # else whoever is next would find it busy
                raise
            return np.array(self._request.get_output_tensor(0).data)

    def replace(self, caches: dict[str, Array], name: str, new: Array) -> None:
        """Put a larger array into an engine's caches; the old one goes at once, if nobody else has it."""
        with self._running:
            if caches is self._caches:
                self._bind(name, new)
            caches[name] = new

    def _bind(self, name: str, cache: Array) -> None:
        self._request.set_tensor(name, tensor(cache, Type.bf16 if self.half else None))

    def _give(self, name: str, array: Array) -> None:
        """What has the shape of the last step goes to the same place, which the plugin then knows."""
        given = self._given.get(name)
        if given is not None and given.shape == array.shape:
            given[...] = array
        else:
            self._request.set_tensor(name, tensor(array))
            self._given[name] = array


def load_network(
    folder: Path, config: ModelConfig, kind: Kind, adapter: Adapter | None = None
) -> Network:
    """Read the weights in a folder and compile them; `f32` computes everything in fp32.

    An `adapter` is merged into them first: it costs a second network, but no token anything, and what is
    rounded to 8 bits is the sum.

    Raises:
        ModelError: the weights are missing or damaged, or do not fit the configuration.
        MissingExtraError: they are in GGUF, and the package that reads it is not installed.
    """
    weights = read_arrays(folder, config)
    check_fit(folder, weights, shapes(config))
    if adapter is not None:
        weights = merged(weights, adapter, config)
    half = kind != "f32" and has_bf16()
    graph = build_graph(config, weights, kind, half_attention=half)
    compiled = compile_model(graph, quantised=kind != "f32", half_cache=half)
    return Network(compiled, config, half)
