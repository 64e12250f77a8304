"""`python -m codekiln` is the `codekiln` command."""

from codekiln.cli import main

main()
