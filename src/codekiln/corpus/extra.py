"""The libraries that only a corpus needs, and what to say without them."""

from importlib.util import find_spec

from codekiln.errors import MissingExtraError

INSTALLED = all(map(find_spec, ("daft", "pyarrow", "pypi_simple")))


def missing() -> MissingExtraError:
    """The error that tells how to get them."""
    return MissingExtraError("corpus", "Reading or building a corpus")
