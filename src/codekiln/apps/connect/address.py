"""The address of a server of ours, as somebody typed it."""

from urllib.parse import urlsplit

from codekiln.errors import UsageError


def checked_address(address: str) -> str:
    """Without a slash at its end.

    Raises:
        UsageError: it is none.
    """
    try:
        found = urlsplit(address)
        is_one = found.scheme in ("http", "https") and bool(found.hostname) and found.port != 0
    except ValueError:
        is_one = False
    if not is_one:
        raise UsageError(f"--address is '{address}', but must be like http://127.0.0.1:8012.")
    return address.rstrip("/")
