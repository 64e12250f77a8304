"""The libraries that only a corpus needs; without them, importing this tells how to get them."""

from importlib.util import find_spec

from codekiln.errors import MissingExtraError

if not all(map(find_spec, ("daft", "pyarrow", "pypi_simple"))):
    raise MissingExtraError("corpus", "Reading or building a corpus")
