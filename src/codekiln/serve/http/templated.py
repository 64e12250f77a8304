"""A prompt that a client has put together itself, read back into what stands before and behind the cursor.

Clients do so for servers without a `suffix`. Only a prompt that is a known layout from end to end is read;
in any other the strings of control are text, as they are in a file that is about them.
"""

import re
from dataclasses import dataclass

from codekiln.generate.templates import TEMPLATES
from codekiln.tasks.context import Snippet

# Other files in front of the layout, as StarCoder 2 (Lozhkov et al. 2024, §5.1) and Qwen2.5-Coder (Hui et
# al. 2024, §3.2) know them.
_OTHERS = re.compile(r"(?:<\|endoftext\|>)?(?=<\|?(?:repo_name|file_sep)\|?>)")
_REPOSITORY = re.compile(r"<(\|?)repo_name\1>")
_FILE = re.compile(r"<\|file_sep\|>|<file_sep>")
_PATH = re.compile(r"[\w./@+-]*[./][\w./@+-]*")


@dataclass(frozen=True)
class Templated:
    """What a prompt says. `recent` are pieces of other files, the nearest first."""

    prefix: str
    suffix: str
    repository: str = ""
    path: str = ""
    recent: tuple[Snippet, ...] = ()


def templated(prompt: str) -> Templated | None:
    """What a prompt says that is a whole layout of fill-in-the-middle; None if it is text."""
    for template in TEMPLATES:
        if found := template.read(prompt):
            return Templated(*found)
        place = prompt.find(template.markers[0]) if template.fills else -1
        if place > 0 and _OTHERS.match(prompt) and (found := template.read(prompt[place:])):
            return _with_others(prompt[:place], *found)
    return None


def _with_others(head: str, prefix: str, suffix: str) -> Templated:
    """The last piece of the head is the file's own path, or nothing."""
    start, *pieces = _FILE.split(head)
    repository = _REPOSITORY.split(start)[-1].strip() if _REPOSITORY.search(start) else ""
    path = pieces.pop().strip() if pieces and "\n" not in pieces[-1].strip() else ""
    recent = tuple(_snippet(piece) for piece in reversed(pieces) if piece.strip())
    return Templated(prefix, suffix, repository, path, recent)


def _snippet(piece: str) -> Snippet:
    line, _, text = piece.partition("\n")
    return Snippet(line, text) if _PATH.fullmatch(line) else Snippet("", piece)
