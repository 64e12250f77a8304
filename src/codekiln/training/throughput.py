"""How much of what the hardware could compute a run does compute."""

import sys
import time

import torch

from codekiln.model.config import ModelConfig
from codekiln.training.config import Precision

# Dense bf16 FLOP/s by the makers' data sheets, by a part of the device's name.
PEAK = {
    "H200": 989e12,
    "H100 PCIe": 756e12,
    "H100": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "L4": 121e12,
    "RTX 4090": 165e12,
    "RTX 3090": 71e12,
}
SIDE, TRIES = 1024, 5  # of the matrices that an unknown device is measured with


def flops_per_token(shape: ModelConfig, length: int, learned: int | None = None) -> float:
    """Of forward and backward pass, as the field counts them (Chowdhery et al. 2022, PaLM, appendix B).

    Six for each weight of a product, the tied embedding once, and 12·L·H·D·T for attention, without
    regard to what a mask leaves out. Weights that are not `learned`, where only so many are, need four:
    no gradient.
    """
    norms = shape.layers * 2 * (shape.width + shape.head_width) + shape.width
    attention = 12 * shape.layers * shape.heads * shape.head_width * length
    products = shape.parameters() - norms
    return 6 * products + attention if learned is None else 4 * products + 2 * learned + attention


def peak_flops(device: torch.device, precision: Precision) -> float:
    """FLOP/s of the device: its maker's figure in bf16 if we know it, or else what a product reaches."""
    if device.type == "cuda" and precision == "bf16":
        name = torch.cuda.get_device_name(device)
        for part, peak in PEAK.items():
            if part in name:
                return peak
    return _measured(device, precision)


def _measured(device: torch.device, precision: Precision) -> float:
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    matrix = torch.ones(SIDE, SIDE, dtype=dtype, device=device)
    best = min(_seconds(matrix) for _ in range(TRIES))
    return float(2 * SIDE**3 / best)


def _seconds(matrix: torch.Tensor) -> float:
    start = time.perf_counter()
    (matrix @ matrix)[0, 0].item()  # waits for the device
    return time.perf_counter() - start


def memory_in_use(device: torch.device) -> int:
    """Most bytes that this process has held: on its GPU, or else as a whole (0 where nobody tells)."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
