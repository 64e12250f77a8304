"""Each guide does what it says, without a network, and ends in a measured result."""

import re
from pathlib import Path

import pytest

from guides.walking import Guide, is_printed, walk, why_not

FOLDER = Path(__file__).parents[2] / "docs" / "guides"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
GUIDES = [Guide.read(page) for page in PAGES]
OBSTACLE = why_not()


def name_of(guide):
    return guide.name


@pytest.mark.slow
@pytest.mark.skipif(bool(OBSTACLE), reason=f"GUIDES ARE NOT WALKED: {OBSTACLE}")
@pytest.mark.parametrize("guide", GUIDES, ids=name_of)
def test_a_guide_does_what_it_says(guide, workplace):
    walked = walk(guide, workplace)
    assert walked.status == 0, walked
    for block, printed in zip(guide.blocks[1:], walked.printed[1:], strict=False):
        assert is_printed(block.shown, printed), f"{block.commands}\nprinted\n{printed}"


@pytest.mark.parametrize("guide", GUIDES, ids=name_of)
def test_a_guide_ends_in_a_result(guide):
    assert guide.blocks[-1].shown


@pytest.mark.parametrize("guide", GUIDES, ids=name_of)
def test_its_sizes_in_ci_are_those_that_it_exports(guide):
    assert set(guide.sizes) == guide.exported


def test_every_guide_is_in_the_list():
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"({page.name})" in listed for page in PAGES)
    assert len(PAGES) == 6


@pytest.mark.parametrize("page", [*PAGES, FOLDER / "README.md"], ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[\w-]+)?\)", page.read_text(encoding="utf-8"))
    assert links or page.name != "README.md"
    assert all((page.parent / link).is_file() for link in links)


@pytest.mark.parametrize(
    ("printed", "shown", "holds"),
    [
        ("12 files in 3.4 s", ("7 files in 0.1 s",), True),
        ("one\ntwo 2\nthree", ("one", "…", "three"), True),
        ("12 files in 3.4 s", ("12 folders in 3.4 s",), False),
        ("second\nfirst", ("first", "second"), False),
    ],
)
def test_what_is_printed_is_what_is_shown_but_for_numbers(printed, shown, holds):
    assert is_printed(shown, printed) is holds


@pytest.mark.skipif(bool(OBSTACLE), reason=f"GUIDES ARE NOT WALKED: {OBSTACLE}")
def test_a_guide_has_no_network_and_its_failures_are_noticed(tmp_path):
    page = tmp_path / "page.md"
    connect = "python -c \"import socket; socket.create_connection(('192.0.2.1', 80), 1)\""
    page.write_text(
        f"```sh\nexport A=1\n```\nCI walks this page with `A=2`.\n```sh\necho $A\n{connect}\n```\n",
        encoding="utf-8",
    )
    walked = walk(Guide.read(page), tmp_path)
    assert walked.status == 1
    assert walked.printed[1] == "2\n"
    assert "Network is unreachable" in walked.errors
