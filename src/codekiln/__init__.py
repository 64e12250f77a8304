"""codekiln: turn a folder of source code into a code model that its owner controls."""

from importlib.metadata import version

__version__ = version("codekiln")
