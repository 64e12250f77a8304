"""Near-duplicates: from a text's tokens to its sketch, and from all sketches to clusters of copies."""

from codekiln.corpus.duplicates.clusters import near_clusters
from codekiln.corpus.duplicates.signature import HASHES, signatures
from codekiln.corpus.duplicates.sketches import Sketches, write_sketches
from codekiln.corpus.duplicates.tokens import token_hashes

__all__ = [
    "HASHES",
    "Sketches",
    "near_clusters",
    "signatures",
    "token_hashes",
    "write_sketches",
]
