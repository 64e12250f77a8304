"""Which language a file is in, where its name leaves that open; the peer is Pygments, given the same.

The labels are not ours: a header is C in a package that its authors wrote in C, and a script is what its
ending says, which is then hidden from both. Pygments' own name of a language counts as right if it is
the language's or that of a dialect.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from random import Random

from bench.corpus.rows import whole
from pygments.lexers import guess_lexer, guess_lexer_for_filename
from pygments.util import ClassNotFound

from codekiln.languages import detect, language_of

MOST = 300  # files of a class, drawn by chance
# Of each class: the language, the ending, and packages (with a folder) that hold nothing else.
LABELLED = {
    "headers of C": ("c", ".h", ("zlib/", "curl/", "redis/src/", "sqlite3/src/", "libuv1/", "lua5.4/")),
    "headers of C++": ("cpp", ".h", ("abseil/absl/", "googletest/", "protobuf/src/google/")),
    "headers of Objective-C": ("objc", ".h", ("protobuf/objectivec/",)),
    "`.m` of Objective-C": ("objc", ".m", ("protobuf/objectivec/", "numpy/vendored-meson/")),
    "`.mm` of Objective-C": ("objc", ".mm", ("opencv/", "protobuf/")),
    "`.pl` of Perl": ("perl", ".pl", ("curl/", "golang-1.19/")),
    "`.ts` of TypeScript": ("typescript", ".ts", ("rxjs/", "typeorm/", "antd/", "date-fns/")),
}  # fmt: skip
SCRIPTS = {
    ".py": "python",
    ".sh": "bash",
    ".pl": "perl",
    ".rb": "ruby",
    ".js": "javascript",
    ".tcl": "tcl",
}
# What Pygments calls them, where that is not our name; it knows no header from another.
PEER = {
    "cpp": {"C++"},
    "objc": {"Objective-C", "Objective-C++"},
    "perl": {"Perl", "Perl6"},
    "bash": {"Bash", "Bash Session"},
    "typescript": {"TypeScript"},
    "javascript": {"JavaScript"},
}

Row = dict[str, str]
Files = list[tuple[str, str]]  # path and text


def run() -> dict[str, list[Row]]:
    """A row for each class of files."""
    classes = {name: files for name, files in _classes().items() if len(files[1]) >= 5}
    rows = [_row(name, language, files) for name, (language, files) in classes.items()]
    return {"files whose names leave it open": rows}


def _row(name: str, language: str, files: Files) -> Row:
    ours = sum(_ours(path, text) == language for path, text in files)
    peer = sum(
        _peer(path, text) in PEER.get(language, {language.capitalize()}) for path, text in files
    )
    by_name = sum(_by_name(path) == language for path, _ in files)
    return {
        "class": name,
        "files": str(len(files)),
        "codekiln": f"{ours / len(files):.1%}",
        "by its name alone": f"{by_name / len(files):.1%}",
        "Pygments": f"{peer / len(files):.1%}",
    }


def _classes() -> dict[str, tuple[str, Files]]:
    found: dict[str, Files] = defaultdict(list)
    for path, text in _files():
        for name, (_, ending, places) in LABELLED.items():
            if path.endswith(ending) and path.startswith(places):
                found[name].append((path, text))
        ending = path[path.rfind(".") :]
        if text.startswith("#!") and ending in SCRIPTS:
            language = SCRIPTS[ending]
            found[f"scripts of {language.capitalize()}, ending hidden"].append(
                (path.removesuffix(ending), text)
            )
    languages = {name: label[0] for name, label in LABELLED.items()}
    languages |= {
        f"scripts of {name.capitalize()}, ending hidden": name for name in SCRIPTS.values()
    }
    return {
        name: (language, Random(0).sample(found[name], min(MOST, len(found[name]))))
        for name, language in languages.items()
    }


def _files() -> Iterator[tuple[str, str]]:
    with whole().open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield f"{row['repo_name']}/{row['path']}", row["content"]


def _ours(path: str, text: str) -> str:
    language = detect(path, text)
    return language.name if language else ""


def _by_name(path: str) -> str:
    language = language_of(path)
    return language.name if language else ""


def _peer(path: str, text: str) -> str:
    try:
        return str(guess_lexer_for_filename(path, text).name)
    except ClassNotFound:
        pass
    try:
        return str(guess_lexer(text).name)
    except ClassNotFound:
        return ""
