"""What `codekiln connect` does: an editor's settings with ours in them, shown, written and taken back.

`editors` knows what each wants to read and where, `jsonc`, `toml` and `yaml` put it into files that
somebody wrote, and `change` writes. What cannot be merged so that all the rest stays as it is, is refused.
"""

from codekiln.apps.connect.address import checked_address
from codekiln.apps.connect.change import Change, undo, write
from codekiln.apps.connect.editors import EDITORS, Connection, Editor, changes

__all__ = [
    "EDITORS",
    "Change",
    "Connection",
    "Editor",
    "changes",
    "checked_address",
    "undo",
    "write",
]
