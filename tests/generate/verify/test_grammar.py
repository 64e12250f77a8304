"""An edited tree is the tree of the edited file: held against one that is made afresh."""

import random

import pytest

from codekiln.generate.verify.grammar import GrammarFile
from codekiln.generate.verify.trees import Trees
from codekiln.languages import languages, parse
from programs import PROGRAMS

OTHERS = sorted(PROGRAMS.keys() - {"python"})


@pytest.mark.parametrize("language", OTHERS)
def test_a_text_fits_where_the_whole_file_parses(language):
    text, rng, known = PROGRAMS[language], random.Random(language), languages()[language]
    fitted = 0
    for _ in range(150):
        place, start = rng.randrange(len(text)), rng.randrange(len(text))
        other = text[start : start + rng.randrange(40)]
        file = GrammarFile(known, text[:place], text[place:], Trees())
        tree = parse(known, (text[:place] + other + text[place:]).encode())
        whole = tree is not None and not tree.root_node.has_error
        assert file.fits(other) == (whole and not file.is_doubtful)
        fitted += whole
    assert fitted > 3
