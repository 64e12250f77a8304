"""Two corpora are compared by what they keep."""

from codekiln.corpus import difference


def test_what_came_went_and_changed(make, folder):
    (folder / "three.py").write_text("three = 3\n")
    before = make(folder)
    (folder / "one.py").write_text("def one():\n    return 'one'\n")
    (folder / "two.py").unlink()
    (folder / "four.py").write_text("four = 4\n")
    (folder / "bad.py").write_bytes(b"\0")
    found = difference(before, make(folder))
    name = f"own:{folder}"
    assert found.added == [(name, "code", "four.py")]
    assert found.removed == [(name, "code", "two.py")]
    assert found.changed == [(name, "code", "one.py")]
    assert found.unchanged == 1
    assert found.reasons == {"binary": (0, 1)}


def test_a_corpus_differs_in_nothing_from_itself(make, folder):
    found = difference(make(folder), make(folder))
    assert (found.added, found.removed, found.changed, found.unchanged) == ([], [], [], 2)
    assert found.reasons == {}
