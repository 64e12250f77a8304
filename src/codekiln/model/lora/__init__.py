"""Low-rank adapters (Hu et al. 2021): small matrices beside a model's own, in PEFT's format on disk.

`adapter` needs no torch: it reads, writes and merges arrays. `layers` and `wrap` are their use in
training and in the reference engine. Training them is not here.
"""

from codekiln.model.lora.adapter import Adapter, merged, read_adapter
from codekiln.model.lora.shape import TARGETS, LoraShape

__all__ = ["TARGETS", "Adapter", "LoraShape", "merged", "read_adapter"]
