"""Keeping tests out of training: benchmark items, and the documents that hold one."""

from codekiln.corpus.contamination.benchmarks import Benchmarks

__all__ = ["Benchmarks"]
