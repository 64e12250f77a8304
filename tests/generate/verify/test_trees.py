"""A tree made out of the last one is the tree of the file: held against one that is made afresh."""

import random

import pytest

from codekiln.generate.verify.trees import Trees
from codekiln.languages import languages, parse
from programs import PROGRAMS


def nodes(tree):
    waiting = [tree.root_node]
    while waiting:
        node = waiting.pop()
        yield node.type, node.start_byte, node.end_byte, node.start_point, node.end_point
        waiting += node.children


@pytest.mark.parametrize("language", sorted(PROGRAMS.keys() - {"python"}))
def test_typing_and_jumping_about(language):
    text, known, rng = PROGRAMS[language] * 2, languages()[language], random.Random(language)
    trees, whole = Trees(), 0
    for _ in range(60):
        place = rng.randrange(len(text))
        edited = (
            text[:place]
            + rng.choice([" ", "x", "(", "\n", "\u00e9", ""])
            + text[place + rng.randrange(3) :]
        )
        for content in (edited.encode(), text.encode()):
            tree, fresh = trees.parse(known, content), parse(known, content)
            assert tree
            assert fresh
            assert tree.root_node.has_error == fresh.root_node.has_error
            if not fresh.root_node.has_error:
                assert list(nodes(tree)) == list(nodes(fresh))
                whole += 1
    assert whole > 60


def test_another_file_is_another_tree():
    trees, known = Trees(), languages()["javascript"]
    for content in (b"", b"f(a);\n", b"g(b);\n" * 9, b"f(a);\n", b""):
        tree, fresh = trees.parse(known, content), parse(known, content)
        assert tree
        assert fresh
        assert list(nodes(tree)) == list(nodes(fresh))
