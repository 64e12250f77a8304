"""SPDX expressions: their spelling beside `packaging`'s own reader, and what an allow-list permits."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from codekiln.corpus.licences import PERMISSIVE, allowed, normalised
from codekiln.corpus.licences.expression import UNKNOWN, joined, licences_of, refined

LICENCES = ["MIT", "Apache-2.0", "BSD-3-Clause", "GPL-2.0-only", "GPL-3.0-or-later", "ISC"]
EXPRESSIONS = st.recursive(
    st.sampled_from(LICENCES),
    lambda inner: st.builds(
        lambda left, operator, right: f"({left} {operator} {right})",
        inner,
        st.sampled_from(["AND", "OR"]),
        inner,
    ),
    max_leaves=6,
)


def truth(expression: str, allow: set[str]) -> bool:
    """What Python itself makes of the expression, each licence being true or false."""
    for licence in sorted(LICENCES, key=len, reverse=True):
        expression = expression.replace(licence, str(licence in allow))
    return bool(eval(expression.replace("AND", "and").replace("OR", "or")))  # noqa: S307


@given(EXPRESSIONS, st.sets(st.sampled_from(LICENCES)))
def test_or_needs_one_side_and_and_needs_both(expression: str, allow: set[str]) -> None:
    assert allowed(expression, allow) == truth(expression, allow)


@given(EXPRESSIONS, st.sets(st.sampled_from(LICENCES)))
def test_normalising_permits_neither_more_nor_less(expression: str, allow: set[str]) -> None:
    assert allowed(normalised(expression), allow) == truth(expression, allow)


@pytest.mark.parametrize("identifier", PERMISSIVE)
def test_permissive_licences_are_on_the_list_of_spdx(identifier: str) -> None:
    assert canonicalize_license_expression(identifier) == identifier
    assert normalised(identifier) == identifier
    assert allowed(identifier.lower(), PERMISSIVE)


@pytest.mark.parametrize(
    "identifier",
    ["GPL-2.0-only", "LGPL-2.1-or-later", "AGPL-3.0-only", "MPL-2.0", "EPL-2.0", "EUPL-1.2", "SSPL-1.0",
     "BUSL-1.1", "Elastic-2.0", "CC-BY-NC-4.0", "CC-BY-SA-4.0", "CC-BY-ND-4.0", "JSON", "OSL-3.0",
     "CDDL-1.0", "PolyForm-Noncommercial-1.0.0", "LicenseRef-proprietary", UNKNOWN, "", "Proprietary"],
)  # fmt: skip
def test_others_are_not_permissive(identifier: str) -> None:
    assert not allowed(identifier, PERMISSIVE)


def test_python_is_permissive_in_each_of_its_names() -> None:
    assert all(allowed(name, PERMISSIVE) for name in ("PSF-2.0", "Python-2.0", "Python-2.0.1"))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Apache-2.0 WITH LLVM-exception", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("MIT WITH LicenseRef-scancode-commons-clause", False),
        ("GPL-3.0-or-later OR MIT", True),
        ("(MIT OR GPL-2.0-only) AND Apache-2.0", True),
        ("MIT OR GPL-2.0-only AND Apache-2.0", True),
        ("(MIT OR ISC) AND GPL-2.0-only", False),
        ("mit or isc", True),
        ("MIT AND", False),
        ("MIT Apache-2.0", False),
        ("MIT AND LicenseRef-foo", False),
        ("((((MIT))))", True),
        ("(" * 400 + "MIT", False),
        (" OR ".join(["MIT"] * 1000), False),
    ],
)
def test_what_is_permitted(expression: str, expected: bool) -> None:
    assert allowed(expression, PERMISSIVE) is expected


def test_an_exception_may_be_listed_whole() -> None:
    whole = "GPL-2.0-only WITH Classpath-exception-2.0"
    assert allowed(whole, [whole])
    assert not allowed("GPL-2.0-only", [whole])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("GPL-2.0", "GPL-2.0-only"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"),
        ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("Apache-2.0+", "Apache-2.0"),
        ("LicenseRef-foo", "LicenseRef-foo"),
    ],
)
def test_deprecated_identifiers_are_replaced(old: str, new: str) -> None:
    assert normalised(old) == new
    assert allowed(old, [new])


@given(st.text())
def test_no_text_is_a_failure(text: str) -> None:
    assert not allowed(text, [])
    assert isinstance(normalised(text), str)


@pytest.mark.parametrize("text", ["MIT\0", "MIT OR", "AND", "MIT)", "WITH MIT", "Apache 2", "🐍"])
def test_what_packaging_refuses_is_refused(text: str) -> None:
    with pytest.raises(InvalidLicenseExpression):
        canonicalize_license_expression(text)
    assert normalised(text) == ""


@pytest.mark.parametrize(("left", "right"), [*product(["MIT", "gpl-3.0-ONLY", "isc"], repeat=2)])
@pytest.mark.parametrize("operator", ["AND", "OR"])
def test_spelling_is_packagings(left: str, operator: str, right: str) -> None:
    ours = normalised(f"{left} {operator.lower()} {right}")
    theirs = canonicalize_license_expression(f"{left} {operator} {right}")
    assert ours == (theirs if left.lower() != right.lower() else theirs.partition(" ")[0])


def test_too_much_to_join_is_unknown_and_not_nothing() -> None:
    assert joined("AND", ["MIT", "ISC"]) == "MIT AND ISC"
    assert joined("AND", list(PERMISSIVE)) == UNKNOWN
    assert joined("AND", ["", ""]) == ""


def test_a_statement_refines_what_it_names_in_full() -> None:
    assert refined("GPL-2.0-only", "GPL-2.0-or-later") == "GPL-2.0-or-later"
    assert refined("GPL-2.0-only AND MIT", "MIT") == "GPL-2.0-only AND MIT"
    assert refined(UNKNOWN, "MIT") == UNKNOWN
    assert licences_of("GPL-2.0-or-later WITH Classpath-exception-2.0 OR MIT") == {"GPL-2.0", "MIT"}
