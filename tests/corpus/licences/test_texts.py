"""Licence files: which text is which, and what is added or left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.licences import PERMISSIVE, allowed, text_licence
from corpus.licences.known import BSD_3, CHANGES, HOLDER, ISC, LONG, MIT, SHORT, text_of


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("identifier", [*SHORT, *LONG])
def test_a_licence_is_itself_however_it_is_set(identifier: str, change: str) -> None:
    assert text_licence(CHANGES[change](text_of(identifier))) == identifier


def test_names_of_holders_count_for_nothing() -> None:
    held = BSD_3.replace("the copyright holder nor", "Foo Bar Ltd nor").replace(
        "THE COPYRIGHT HOLDERS AND CONTRIBUTORS", "FOO BAR LTD"
    )
    assert held != BSD_3
    assert text_licence(held) == "BSD-3-Clause"


@pytest.mark.parametrize(
    "term",
    [
        '"Commons Clause" License Condition: the grant of rights does not include the right to Sell.',
        "The Software may be used for non-commercial purposes only.",
        "This software may not be used by the military.",
        "The Software shall be used for Good, not Evil.",
        "You must not use the Software for machine learning.",
        "For research purposes only.",
        "Redistribution is prohibited.",
        "Copyright (c) 2019 Ann Example. You may not modify the Software.",
    ],
)
def test_a_licence_with_a_term_that_takes_back_is_not_allowed(term: str) -> None:
    assert not allowed(text_licence(f"{term}\n\n{MIT}"), PERMISSIVE)
    assert not allowed(text_licence(f"{MIT}\n\n{term}"), PERMISSIVE)


@pytest.mark.parametrize(
    "remark",
    [
        "Parts were written by Ann Example for the Foo project.",
        "See AUTHORS for the contributors, who made all this possible.",
        "For any purpose, commercial or non-commercial.",
    ],
)
def test_a_remark_changes_nothing(remark: str) -> None:
    assert text_licence(f"{MIT}\n\n{remark}") == "MIT"


@pytest.mark.parametrize(
    ("text", "right", "rest"),
    [
        (MIT, ", and/or sell copies of the Software", " copies of the Software"),
        (MIT, "publish, distribute, sublicense, and/or sell", "publish and/or sell"),
        (ISC, "copy, modify, and/or distribute", "copy"),
    ],
)
def test_a_licence_without_one_of_its_rights_is_not_allowed(
    text: str, right: str, rest: str
) -> None:
    assert right in text
    assert allowed(text_licence(text), PERMISSIVE)
    assert not allowed(text_licence(text.replace(right, rest)), PERMISSIVE)


def test_texts_of_bundled_parts_hold_as_well() -> None:
    bundled = f"{text_of('Apache-2.0')}\n\nThis product bundles foo.\n\n{BSD_3}\n\n{MIT}"
    assert set(text_licence(bundled).split(" AND ")) == {"Apache-2.0", "BSD-3-Clause", "MIT"}
    copyleft = f"{MIT}\n\nThis product bundles bar.\n\n{text_of('GPL-2.0-only')}"
    assert set(text_licence(copyleft).split(" AND ")) == {"MIT", "GPL-2.0-only"}


def test_a_text_of_bundled_parts_alone_says_nothing_of_the_rest() -> None:
    bundled = "Foo includes code of bar, which is under the following terms.\n\n"
    assert not allowed(text_licence(bundled + MIT), PERMISSIVE)
    told = "Foo is licensed under the BSD license, see the file LICENSE.\n\n"
    assert allowed(text_licence(told + bundled + MIT), PERMISSIVE)
    assert allowed(text_licence(f"Third party copyrights are theirs.\n\n{BSD_3}"), PERMISSIVE)


def test_copies_of_one_licence_are_one() -> None:
    assert text_licence(f"{MIT}\n\n{MIT.replace(HOLDER, 'Copyright 2001 B')}") == "MIT"


def test_a_choice_must_be_said() -> None:
    both = f"{MIT}\n\n{text_of('GPL-2.0-only')}"
    assert set(text_licence(both).split(" AND ")) == {"MIT", "GPL-2.0-only"}
    offered = "This library is dual licensed, at your option, as follows.\n\n"
    assert set(text_licence(offered + both).split(" OR ")) == {"MIT", "GPL-2.0-only"}


@pytest.mark.parametrize(
    ("notice", "licence"),
    [
        ("Licensed under the Apache License, Version 2.0.", "Apache-2.0"),
        ("This package is free software under the MIT license.", "MIT"),
        ("Copyright 2020 Foo. Licensed under the GNU GPL v3 or later.", "GPL-3.0-or-later"),
        ("SPDX-License-Identifier: MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("MIT", "MIT"),
    ],
)
def test_a_short_notice_is_enough(notice: str, licence: str) -> None:
    assert text_licence(notice) == licence


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Lorem ipsum dolor sit amet.",
        "colourless green ideas " * 500,
        "You may choose.",
        "All rights reserved.",
    ],
)
def test_what_is_no_licence_is_none(text: str) -> None:
    assert text_licence(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "This software is confidential. It contains parts under the MIT license.",
        "Not licensed under the MIT license.",
        "MIT license, for evaluation purposes.",
        "FOO END USER AGREEMENT. You may not redistribute the software. Parts: Apache License 2.0.",
    ],
)
def test_a_notice_that_withholds_is_not_allowed(text: str) -> None:
    licence = text_licence(text)
    assert licence
    assert not allowed(licence, PERMISSIVE)


@given(st.text())
def test_no_text_is_a_failure(text: str) -> None:
    assert isinstance(text_licence(text), str)


@given(st.lists(st.sampled_from([*MIT.split(), *ISC.split(), "GPL", "\n", "(c)"]), max_size=400))
def test_no_shuffled_licence_is_a_failure(words: list[str]) -> None:
    assert isinstance(text_licence(" ".join(words)), str)


@pytest.mark.parametrize("piece", ["\n", ". \n", "# \n", "copyright ", "in no event ", "- ", "("])
def test_a_hostile_megabyte_comes_to_an_end(piece: str) -> None:
    assert text_licence(piece * (1_000_000 // len(piece))) == ""
