"""HTTP, in the formats that editors speak: each a router that translates to `Assistant` and back.

What all formats share is here once: `replies` (threads and the event loop), `errors` (what a failure looks
like), `guards` (who may ask, and how much). Nothing here opens a connection.
"""

from codekiln.serve.http.app import create_app
from codekiln.serve.http.settings import Settings

__all__ = ["Settings", "create_app"]
