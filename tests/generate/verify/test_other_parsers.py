"""Wrong candidates again, judged by parsers that are none of ours, where they are on the machine.

Tree-sitter's grammars are more lenient than compilers, and lines put where they do not belong find out
where: that all would pass cannot be asked of them. `bench/generate/verified.py` has the rate for what a
model says.
"""

import random

import pytest
from bench.generate.parsers import parsers

from codekiln.generate.verify import verify
from codekiln.languages import languages
from programs import PROGRAMS

JUDGES = parsers()


RIGHT = {
    "python": "def f():\n    return 1\n",
    "javascript": "import a from 'b';\nlet c = a();\n",
    "typescript": "interface A { b: c }\nconst d = <A>e;\nconst d = 1;\n",
    "java": "class A { b c() { return d; } }\n",
    "c": "json_t *f(json_t *a) { return (json_t *)a; }\n",
    "cpp": "a::b<c> f(d &e) { return e; }\n",
    "go": "package a\n\nfunc f() { b() }\nfunc f() {}\n",
    "rust": "use a::b;\nfn f() -> c { d }\n",
    "php": "<?php function f(): void { return 1; }\nfunction f() {}\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("language", RIGHT)
def test_judges_refuse_bad_syntax_and_nothing_else(language):
    if language not in JUDGES:
        pytest.skip("no other parser of this language is on the machine")
    text = RIGHT[language]
    errors = JUDGES[language][1]([text, text + "(", text])
    assert [bool(error) for error in errors] == [False, True, False]


@pytest.mark.slow
@pytest.mark.parametrize("language", ["javascript", "java", "c", "go", "rust"])
def test_what_is_verified_parses_for_others_too(language):
    if language not in JUDGES:
        pytest.skip("no other parser of this language is on the machine")
    _, judge = JUDGES[language]
    text, rng = PROGRAMS[language], random.Random(language)
    lines = text.splitlines(keepends=True)
    assert [bool(error) for error in judge([text, text + "("])] == [False, True]
    raw, shown = [], []
    while len(shown) < 60:
        place, start = rng.randrange(len(text)), rng.randrange(len(lines))
        end = max(place, text.find("\n", place)) if rng.random() < 0.5 else place
        prefix, suffix = text[:place], text[end:]
        candidate = "".join(lines[start : start + 2]).strip()
        raw.append(prefix + candidate + suffix)
        found = verify(prefix, candidate, suffix, languages()[language], seconds=60)
        if found.state == "verified":
            line, feed, later = suffix.partition("\n")
            shown.append(prefix + found.text + line + found.lacking + feed + later)
    share_raw, share_shown = (judge(texts).count("") / len(texts) for texts in (raw, shown))
    assert share_shown > max(0.6, 3 * share_raw)
