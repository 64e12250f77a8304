"""Licences that notices name: in words, by identifier, by address; alone, together and as a choice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.licenses import canonicalize_license_expression

from codekiln.corpus.licences import PERMISSIVE, allowed, header_licence, text_licence
from codekiln.corpus.licences.expression import UNKNOWN
from codekiln.corpus.licences.grants import grants
from codekiln.corpus.licences.links import linked
from codekiln.corpus.licences.words import words


def told(text: str) -> str:
    """What a header with this text says, and a licence file with it says no otherwise."""
    header = header_licence(f"/* {text} */\n")
    assert sorted(text_licence(text).split()) == sorted(header.split())
    return header


@pytest.mark.parametrize(
    "text",
    [
        "Dual licensed under the MIT license and the GPL v2.",
        "This library is dual-licensed under MIT and GPLv2.",
        "Licensed under the MIT license or the GPL v2.",
        "Licensed under the MIT license or, at your choice, the GPL v2.",
        "Licensed under either the MIT license or the GPL v2, at your option.",
        "Licensed under the MIT and GPL v2 licenses. You may use either.",
        "Licensed under the MIT and GPL v2 licenses; you can choose either of them.",
        "Licensed under the MIT license. Alternatively, it may be used under the terms of the GPL v2.",
        "Licensed under the GPL v2 or later, or the MIT license, whichever you prefer.",
    ],
)
def test_a_choice(text: str) -> None:
    assert set(told(text).split(" OR ")) in (
        {"MIT", "GPL-2.0-only"},
        {"MIT", "GPL-2.0-or-later"},
    )


@pytest.mark.parametrize(
    "text",
    [
        "Licensed under the MIT license and the GPL v2.",
        "Licensed under the MIT license, without warranty or support. Holds code under the GPL v2.",
        "Licensed under the GPL v2, or at your option version 3. Parts are under the MIT license.",
        "Licensed under the MIT license. Alternatively, read the docs. Holds code under the GPL v2.",
    ],
)
def test_no_choice(text: str) -> None:
    assert set(told(text).split(" AND ")) == {"MIT", "GPL-2.0-only"}


def test_a_choice_of_three() -> None:
    text = "Licensed under the BSD license, and the MIT license or the ISC license."
    assert "OR" not in told(text)
    text = "Licensed under the BSD license or the MIT license or the ISC license."
    assert set(told(text).split(" OR ")) == {"BSD-3-Clause", "MIT", "ISC"}


@pytest.mark.parametrize(
    "identifier",
    ["CPAL-1.0", "BUSL-1.1", "OSL-3.0", "MPL-2.0", "NPOSL-3.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-3.0",
     "PolyForm-Noncommercial-1.0.0", "SSPL-1.0", "EUPL-1.2", "QPL-1.0", "CECILL-2.1", "RPL-1.5",
     "APSL-2.0", "ECL-2.0", "AFL-3.0", "Artistic-2.0", "BSD-3-Clause-Clear"],
)  # fmt: skip
@pytest.mark.parametrize(
    "notice",
    ["Licensed under {}.", "Licensed under the {} license.", "License: {}", "Released under {}."],
)
def test_identifiers_are_known(identifier: str, notice: str) -> None:
    assert canonicalize_license_expression(identifier) == identifier
    found = header_licence(f"# {notice.format(identifier)}\n", "MIT")
    if allowed(identifier, PERMISSIVE):
        assert found == identifier
    else:
        assert found
        assert not allowed(found, PERMISSIVE)


def test_what_nobody_knows_is_unknown_and_not_left_out() -> None:
    assert grants(words("under the MIT and the Foo licenses")).licences == ("MIT", UNKNOWN)
    assert grants(words("under the Foo license and the MIT license")).licences == (UNKNOWN, "MIT")
    assert grants(words("under the MIT and the ISC licenses")).licences == ("MIT", "ISC")
    assert grants(words("under the MIT license and as it is")).licences == ("MIT",)
    assert grants(words("under the same license as the Foo package")).licences == ()


@pytest.mark.parametrize(
    ("address", "licence"),
    [
        ("https://www.gnu.org/licenses/gpl-3.0.html", "GPL-3.0-only"),
        ("http://www.gnu.org/licenses/old-licenses/lgpl-2.1.txt", "LGPL-2.1-only"),
        ("http://www.gnu.org/copyleft/lesser.html", "LGPL-2.0-or-later"),
        ("https://creativecommons.org/licenses/by-nc/4.0/", "CC-BY-NC-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://opensource.org/licenses/MIT", "MIT"),
        ("http://www.opensource.org/licenses/mit-license.php", "MIT"),
        ("https://opensource.org/license/bsd-3-clause", "BSD-3-Clause"),
        ("http://www.apache.org/licenses/LICENSE-2.0.html", "Apache-2.0"),
        ("https://mozilla.org/MPL/2.0/", "MPL-2.0"),
        ("https://www.eclipse.org/legal/epl-v20.html", "EPL-2.0"),
        ("http://www.eclipse.org/org/documents/edl-v10.php", "BSD-3-Clause"),
        ("https://spdx.org/licenses/OSL-3.0.html", "OSL-3.0"),
        ("https://polyformproject.org/licenses/shield/1.0.0", UNKNOWN),
    ],
)
def test_an_address_names_a_licence(address: str, licence: str) -> None:
    assert list(linked(f"see <{address}>")) == [licence]
    assert header_licence(f"/* @license {address} */\n") == licence


@pytest.mark.parametrize(
    "address", ["https://www.gnu.org/licenses/", "https://example.org/licenses/MIT", "http://a.b"]
)
def test_another_address_names_none(address: str) -> None:
    assert list(linked(f"see <{address}>")) == []


def test_a_bare_name_gives_way_to_the_version_of_the_repository() -> None:
    bare = "# Licensed under the LGPL.\n"
    assert header_licence(bare) == "LGPL-2.0-or-later"
    assert header_licence(bare, "LGPL-2.1-only") == "LGPL-2.1-only"
    assert header_licence(bare, "GPL-3.0-only") == "LGPL-2.0-or-later"
    assert header_licence(bare, "MIT") == "LGPL-2.0-or-later"
    exact = "# Licensed under the LGPL v3.\n"
    assert header_licence(exact, "LGPL-2.1-only") == "LGPL-3.0-only"


def test_the_eclipse_distribution_license_is_bsd() -> None:
    notice = "Licensed under the Eclipse Distribution License v. 1.0"
    assert header_licence(f"// {notice}\n") == "BSD-3-Clause"
    assert text_licence(notice) == "BSD-3-Clause"
    public = "Licensed under the Eclipse Public License v. 1.0"
    assert header_licence(f"// {public}\n") == "EPL-1.0"


@given(
    st.lists(st.sampled_from(["the", "mit", "gpl", "v2", "and", "or", "license", "under", "foo"]))
)
def test_no_words_are_a_failure(sequence: list[str]) -> None:
    found = grants(sequence)
    assert not (found.is_choice and UNKNOWN in found.licences)
