import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.generate.templates import TEMPLATES
from codekiln.inputs.formats import Header
from codekiln.serve.http.templated import Templated, templated
from codekiln.tasks.context import Snippet

FILLING = [template for template in TEMPLATES if template.fills]
CODE = st.text(alphabet="ab(){}<|>_ \n\t", max_size=40)


@pytest.mark.parametrize("template", FILLING, ids=lambda template: template.name)
@given(prefix=CODE, suffix=CODE)
def test_a_whole_layout_is_read_back(template, prefix, suffix):
    found = templated(template.layout.format(prefix=prefix, suffix=suffix))
    assert found == Templated(prefix, suffix)


def test_two_layouts_that_look_alike_say_the_same():
    suffix_first = "<fim_prefix><fim_suffix>S<fim_middle>"  # ours with no prefix, or StarCoder's
    assert templated(suffix_first) == Templated("", "S")
    assert templated(suffix_first + "P") == Templated("P", "S")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def add(",
        "<fim_prefix>P<fim_suffix>S",
        "<fim_prefix>P<fim_middle>",
        "P<fim_suffix>S<fim_middle>",
        "MARK = '<fim_prefix>'\n<fim_prefix>P<fim_suffix>S<fim_middle>",
        "<fim_prefix>P<fim_suffix>S<fim_middle>\n",
        "<|fim_prefix|>P<fim_suffix>S<|fim_middle|>",
        "<PRE>P<SUF>S<MID>",
        "<PRE> P <SUF>S <MID",
        "[PREFIX]P[SUFFIX]S",
        "<file_sep>a.py\nx = 1\n",
        "# <file_sep>a.py\n<fim_prefix>P<fim_suffix>S<fim_middle>",
    ],
)
def test_anything_else_is_text(text):
    assert templated(text) is None


def test_a_marker_within_the_file_parts_it_where_it_stands_first():
    prompt = "<fim_prefix>a<fim_suffix>b<fim_suffix>c<fim_middle>d<fim_middle>"
    assert templated(prompt) == Templated("a", "b<fim_suffix>c<fim_middle>d")


def test_other_files_in_front_are_context():
    qwen = (
        "<|repo_name|>me/tool\n<|file_sep|>a/b.py\nx = 1\n<|file_sep|>c.py\ny = 2\n"
        "<|file_sep|>d.py\n<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"
    )
    nearest = (Snippet("c.py", "y = 2\n"), Snippet("a/b.py", "x = 1\n"))
    assert templated(qwen) == Templated("P", "S", "me/tool", "d.py", nearest)
    starcoder = (
        "<file_sep>x = 1\ny = 2<file_sep>z()<file_sep><fim_prefix>P<fim_suffix>S<fim_middle>"
    )
    pieces = (Snippet("", "z()"), Snippet("", "x = 1\ny = 2"))
    assert templated(starcoder) == Templated("P", "S", recent=pieces)


def test_our_own_header_is_no_template_of_a_client():
    ours = next(template for template in TEMPLATES if template.name == "codekiln")
    assert templated(ours.render("P", "S", Header())) == Templated("P", "S")
