"""Headers of source files: tags, notices, short licences, and what is none of them."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.licences import PERMISSIVE, allowed, header_licence
from corpus.licences.known import BSD_3, ISC, MIT

APACHE = (
    'Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except '
    "in compliance with the License. You may obtain a copy of the License at\n\n"
    "http://www.apache.org/licenses/LICENSE-2.0"
)
GPL = (
    "This program is free software; you can redistribute it and/or modify it under the terms of the GNU "
    "General Public License as published by the Free Software Foundation; either version 2 of the "
    "License, or (at your option) any later version."
)
MOZILLA = (
    "This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of "
    "the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/."
)
STYLES = {
    "hash": ("# ", ""),
    "slashes": ("// ", ""),
    "dashes": ("-- ", ""),
    "semicolon": (";; ", ""),
    "stars": (" * ", "/*\n{}\n */"),
    "block": ("", "/*\n{}\n*/"),
    "docstring": ("", '"""\n{}\n"""'),
    "markup": ("", "<!--\n{}\n-->"),
}


def comment(text: str, style: str) -> str:
    mark, frame = STYLES[style]
    lines = "\n\n".join(textwrap.fill(part, 76) for part in text.split("\n\n"))
    return (frame or "{}").format(
        "\n".join(mark + line for line in lines.split("\n"))
    ) + "\n\ncode\n"


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("text", "licence"),
    [
        (APACHE, "Apache-2.0"),
        (GPL, "GPL-2.0-or-later"),
        (MOZILLA, "MPL-2.0"),
        (MIT, "MIT"),
        (ISC, "ISC"),
        (BSD_3, "BSD-3-Clause"),
        ("Copyright 2020 Foo. Licensed under the MIT license.", "MIT"),
    ],
    ids=["apache", "gpl", "mpl", "mit", "isc", "bsd", "one line"],
)
def test_a_notice_or_text_in_a_comment(text: str, licence: str, style: str) -> None:
    assert header_licence(comment(text, style)) == licence


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("// SPDX-License-Identifier: GPL-2.0\n", "GPL-2.0-only"),
        ("/* SPDX-License-Identifier: (GPL-2.0+ OR MIT) */\n", "GPL-2.0-or-later OR MIT"),
        ("#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n", "Apache-2.0"),
        ("<!-- SPDX-License-Identifier: MIT -->", "MIT"),
        ("// SPDX-License-Identifier: MIT\n// SPDX-License-Identifier: ISC\n", "MIT AND ISC"),
        ("// SPDX-License-Identifier: MIT\n" + comment(GPL, "slashes"), "MIT"),
    ],
)
def test_a_tag_comes_first(text: str, licence: str) -> None:
    assert header_licence(text) == licence


@pytest.mark.parametrize(
    "text",
    [
        's = "SPDX-License-Identifier: MIT"\n',
        "s = 'SPDX-License-Identifier: MIT'\n",
        '"SPDX-License-Identifier: MIT"\n',
        'LICENSE = "licensed under the MIT license"\n',
        'LICENSE = """\nlicensed under the MIT license\n"""\n',
        '"""About."""\nsetup(license="licensed under the MIT license")\n',
        "banner = '/* licensed under the MIT license */'\n",
        "tag = f(SPDX_License_Identifier, MIT)\n",
        "\n" * 70 + "// SPDX-License-Identifier: MIT\n",
        "import os\n",
        "",
    ],
)
def test_what_is_no_header(text: str) -> None:
    assert header_licence(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "All rights reserved. Confidential",
        "Copyright 2020 Foo Inc. All rights reserved. Confidential.",
        "Copyright (c) 2020 Foo. CONFIDENTIAL AND PROPRIETARY.",
        "Foo Proprietary and Confidential",
        "Unauthorized copying of this file, via any medium, is strictly prohibited.",
        "This is unpublished proprietary source code of Foo.",
        "This file contains trade secrets of Foo.",
        "Licensed under the MIT license for non-commercial use only.",
        f"{MIT}\n\nNot for commercial use.",
        MIT.replace(", and/or sell", ""),
        "Permission is hereby granted to students to use this file on Sundays.",
        "SPDX-License-Identifier: Foo",
        GPL + "\n\nLicensed under the MIT license.",
    ],
)
@pytest.mark.parametrize("style", ["hash", "block"])
def test_what_is_withheld_is_not_allowed(text: str, style: str) -> None:
    licence = header_licence(comment(text, style))
    assert licence
    assert not allowed(licence, PERMISSIVE)


@pytest.mark.parametrize(
    "text",
    [
        "Copyright 2020 Foo Inc. All rights reserved.",
        "See LICENSE for the licence of this file.",
        "Handles confidential clients of OAuth.",
        "Keys are kept confidential by the proxy.",
        "These functions are for internal use only.",
    ],
)
def test_what_says_nothing_leaves_it_to_the_repository(text: str) -> None:
    assert header_licence(comment(text, "hash")) == ""


def test_each_comment_counts() -> None:
    both = "/* licence-check: off, license headers are below */\n\nx();\n\n" + comment(GPL, "block")
    assert header_licence(both) == "GPL-2.0-or-later"
    two = comment(MIT, "block") + comment(GPL, "block")
    assert set(header_licence(two).split(" AND ")) == {"MIT", "GPL-2.0-or-later"}


@pytest.mark.parametrize(
    "address",
    [
        "51 Franklin Street, Fifth Floor, Boston, MA 02110-1301, USA.",
        "675 Mass Ave, Cambridge, MA 02139",
    ],
)
def test_the_numbers_of_an_address_are_no_version(address: str) -> None:
    text = (
        f"{GPL}\n\nYou should have received a copy of the GNU General Public License along with this "
        f"program; if not, write to the Free Software Foundation, Inc., {address}"
    )
    assert header_licence(comment(text, "hash")) == "GPL-2.0-or-later"


@pytest.mark.parametrize(
    ("name", "licence"),
    [
        ("GPL 2", "GPL-2.0-only"),
        ("GPL-3", "GPL-3.0-only"),
        ("GPL-2+", "GPL-2.0-or-later"),
        ("GPLv3", "GPL-3.0-only"),
        ("GNU LGPL 2.1", "LGPL-2.1-only"),
        ("AGPL 3 or any later version", "AGPL-3.0-or-later"),
        ("GPL", "GPL-1.0-or-later"),
    ],
)
def test_short_names_of_the_gnu_licences(name: str, licence: str) -> None:
    assert header_licence(f"# Licensed under the {name}.\n") == licence


def test_a_choice_is_one() -> None:
    text = "This file is dual licensed under the MIT license or the GNU GPL version 2."
    assert allowed(header_licence(comment(text, "slashes")), ["MIT"])


def test_words_that_are_broken_at_the_end_of_a_line() -> None:
    text = comment(MIT, "hash").replace("distribute", "dis-\n# tribute")
    assert header_licence(text) == "MIT"


@given(st.text())
def test_no_text_is_a_failure(text: str) -> None:
    assert isinstance(header_licence(text), str)


@given(
    st.lists(st.sampled_from(["/*", "*/", '"""', "#", "\n", " ", "license", "MIT", "GPL", "<!--"]))
)
def test_no_comment_is_a_failure(pieces: list[str]) -> None:
    assert isinstance(header_licence("".join(pieces)), str)
