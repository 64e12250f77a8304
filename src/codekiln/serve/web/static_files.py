"""The files that the pages are made of, as the package holds them."""

from functools import cache
from importlib import resources

MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}


@cache
def names() -> frozenset[str]:
    """Of all files."""
    folder = resources.files(__package__).joinpath("static")
    return frozenset(file.name for file in folder.iterdir())


@cache
def content(name: str) -> bytes:
    """One of them."""
    return resources.files(__package__).joinpath("static", name).read_bytes()


def media_type(name: str) -> str:
    """What a browser is told that it is."""
    return MEDIA_TYPES[name.rpartition(".")[2]]
