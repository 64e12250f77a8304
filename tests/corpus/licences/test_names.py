"""What packages write for a licence, as SPDX expressions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.licences.names import expression_of


@pytest.mark.parametrize(
    ("statement", "licence"),
    [
        ("MIT License", "MIT"),
        ("The MIT License (MIT)", "MIT"),
        ("MIT/X11", "MIT"),
        ("Expat", "MIT"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("Apache License (2.0)", "Apache-2.0"),
        ('Apache 2 (the "License")', "Apache-2.0"),
        ("BSD (3-clause)", "BSD-3-Clause"),
        ("New BSD License (see LICENSE)", "BSD-3-Clause"),
        ("Simplified BSD", "BSD-2-Clause"),
        ("ISC License (ISCL)", "ISC"),
        ("GNU GPLv3", "GPL-3.0-only"),
        ("GPL v2 or later", "GPL-2.0-or-later"),
        ("GNU Lesser General Public License v2.1 or later (LGPLv2.1+)", "LGPL-2.1-or-later"),
        ("GNU Affero General Public License v3", "AGPL-3.0-only"),
        ("GPL", "GPL-1.0-or-later"),
        ("MPL 2.0", "MPL-2.0"),
        ("Python Software Foundation License", "PSF-2.0"),
        ("Boost Software License 1.0", "BSL-1.0"),
        ("Eclipse Distribution License v1.0", "BSD-3-Clause"),
        ("MIT or Apache 2.0", "MIT OR Apache-2.0"),
        ("MIT | GPL-2", "MIT OR GPL-2.0-only"),
        ("MIT, GPL-2", "MIT AND GPL-2.0-only"),
        ("MIT and BSD", "MIT AND BSD-3-Clause"),
        ("GPL v2 or later or MIT", "GPL-2.0-or-later OR MIT"),
    ],
)
def test_a_name_is_read(statement: str, licence: str) -> None:
    assert expression_of(statement) == licence
    assert expression_of(f"  {statement.lower()} ") == licence


@pytest.mark.parametrize(
    "statement",
    ["", "Proprietary", "Foo", "MIT or Foo", "MIT (non-commercial)", "MIT (academic use)", "GPL v7",
     "Apache 2.0 (with Commons Clause)", "MIT with commercial use exception", "UNLICENSED",
     "Commercial", "Public Domain", "MIT, but not for evil", "x" * 1000],
)  # fmt: skip
def test_what_nobody_can_tell_is_nothing(statement: str) -> None:
    assert expression_of(statement) == ""


@given(st.text())
def test_no_text_is_a_failure(statement: str) -> None:
    assert isinstance(expression_of(statement), str)
