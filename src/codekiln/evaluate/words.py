"""The words in code and in what is said of it: names taken apart as people write them."""

import re

_WORDS = re.compile(
    r"[A-Z]+(?![^\W\d_A-Z])"  # HTTP of HTTPServer
    r"|[A-Z]?[^\W\d_A-Z]+"  # Server, and get of getItem
    r"|\d+"
)


def words(text: str) -> list[str]:
    """In lower case, in their order.

    >>> words("def getHTTPResponse(self, retry_count=3):  # Größe")
    ['def', 'get', 'http', 'response', 'self', 'retry', 'count', '3', 'größe']
    """
    return [word.lower() for word in _WORDS.findall(text)]
