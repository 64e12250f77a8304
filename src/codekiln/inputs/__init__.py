"""Step 3, ids to fixed-length rows: layouts, packing, memory-mapped shards, the resumable loader.

`inputs.stage` is not in this catalogue: it reads a corpus, and training needs none of that.
"""

from codekiln.inputs.formats import Header, fill_in_the_middle, header_ids
from codekiln.inputs.loader import RowLoader, RowSource, RowStore
from codekiln.inputs.packing import Packer
from codekiln.inputs.permutation import permute
from codekiln.inputs.replay import ReplayedRows

__all__ = [
    "Header",
    "Packer",
    "ReplayedRows",
    "RowLoader",
    "RowSource",
    "RowStore",
    "fill_in_the_middle",
    "header_ids",
    "permute",
]
