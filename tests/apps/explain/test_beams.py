"""The tree of a search holds its answer, and every probability multiplies up to that of the whole."""

import math
from dataclasses import replace

import pytest

from codekiln.apps.explain import beam_tree
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.engine_completer import EngineCompleter
from fakes import rambling, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
REQUEST = CompletionRequest("def add(first, second):\n    retu", max_tokens=6, language="python")


def completer(heal=False):
    return EngineCompleter(rambling(TOKENIZER.vocabulary_size), TOKENIZER, heal=heal)


def path(tree, leaf):
    """The nodes from the prompt to a leaf."""
    found = []
    while leaf is not None:
        found.insert(0, tree.nodes[leaf])
        leaf = tree.nodes[leaf].parent
    return found


@pytest.mark.parametrize("width", [2, 4])
@pytest.mark.parametrize("heal", [False, True])
def test_the_best_leaf_is_the_searchs_answer(width, heal):
    tree = beam_tree(completer(heal), TOKENIZER, REQUEST, width)
    answer = collect(completer(heal), replace(REQUEST, beams=width))
    assert tree.text == answer.text
    assert tuple(node.token.id for node in path(tree, tree.leaf)) == answer.token_ids
    assert [node.fate for node in tree.nodes].count("answer") == 1
    assert tree.nodes[tree.leaf].fate == "answer"
    assert tree.score == tree.nodes[tree.leaf].logprob / len(answer.token_ids)


def test_probabilities_multiply_along_every_path():
    tree = beam_tree(completer(), TOKENIZER, REQUEST, 3)
    for number, node in enumerate(tree.nodes):
        assert node.parent is None or node.parent < number
        product = math.prod(one.probability for one in path(tree, number))
        assert math.log(product) == pytest.approx(node.logprob)


def test_a_beam_is_cut_or_finished_or_goes_on_and_no_step_has_more_than_the_width():
    tree = beam_tree(completer(), TOKENIZER, REQUEST, 3)
    parents = {node.parent for node in tree.nodes}
    depths = {}
    for number, node in enumerate(tree.nodes):
        assert (node.fate == "went on") == (number in parents)
        if node.fate in ("went on", "cut"):
            depths.setdefault(len(path(tree, number)), []).append(number)
    assert {node.fate for node in tree.nodes} >= {"went on", "cut", "answer"}
    assert max(map(len, depths.values())) == 3
