"""codekiln: turn a folder of source code into a code model that its owner controls."""

__version__ = "0.1.0"  # here and nowhere else: a copy of this folder runs without being installed
