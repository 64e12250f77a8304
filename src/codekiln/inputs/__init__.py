"""Step 3, ids to fixed-length rows: layouts, packing, memory-mapped shards, the resumable loader."""

from codekiln.inputs.formats import Header, fill_in_the_middle, header_ids
from codekiln.inputs.loader import RowLoader, RowStore
from codekiln.inputs.packing import Packer
from codekiln.inputs.permutation import permute
from codekiln.inputs.stage import STAGE, InputsConfig

__all__ = [
    "STAGE",
    "Header",
    "InputsConfig",
    "Packer",
    "RowLoader",
    "RowStore",
    "fill_in_the_middle",
    "header_ids",
    "permute",
]
