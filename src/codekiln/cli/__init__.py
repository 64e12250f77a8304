"""The command line: parse, call, print. The only room that draws on a terminal."""

from codekiln.cli.main import main

__all__ = ["main"]
