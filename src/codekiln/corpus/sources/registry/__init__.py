"""Packages of public and private registries, fetched through the ordinary clients and never run."""

from codekiln.corpus.sources.registry.fetch import SCHEMES, fetch
from codekiln.corpus.sources.registry.shelf import Fetched

__all__ = ["SCHEMES", "Fetched", "fetch"]
