"""Groups that share near-duplicates are one group, so that no copy stands on both sides of the split."""

import json

from codekiln.corpus import documents

BODY = "".join(f"def number_{n}(value):\n    return value + {n}\n\n\n" for n in range(40))


def write(root, name, text):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def test_copies_that_both_stay_are_in_one_group(make, tmp_path):
    root = tmp_path / "code"
    for package in "abcdefgh":
        write(root, f"{package}/own.py", f"def {package}():\n    return '{package * 40}'\n" * 9)
    write(root, "c/shared.py", BODY + "one = 1\n")
    write(root, "f/shared.py", BODY + "two = 2\n")
    artifact = make(root, near_duplicates=0.7, max_copies=2, held_out=0.3)
    rows = [*documents(artifact, "train"), *documents(artifact, "held_out")]
    assert len(rows) == 10
    groups = {row.path: row.group for row in rows}
    assert groups["c/shared.py"] == groups["f/shared.py"]
    assert groups["a/own.py"] != groups["b/own.py"]
    facts = json.loads(artifact.file("split.json").read_text())
    assert set(groups.values()) == set(facts["groups"])
    assert sum(facts["groups"].values()) == artifact.statistics["bytes"]


def test_a_group_is_on_one_side_whatever_the_seed(make, tmp_path):
    root = tmp_path / "code"
    for package in "abcdefgh":
        write(root, f"{package}/own.py", f"def {package}():\n    return '{package * 40}'\n" * 9)
        write(root, f"{package}/shared.py", BODY + f"{package} = 1\n")
    for seed in range(4):
        artifact = make(
            root, near_duplicates=0.7, max_copies=3, held_out=0.3, seed=seed, work=tmp_path / "w"
        )
        sides = [{row.group for row in documents(artifact, name)} for name in ("train", "held_out")]
        assert not sides[0] & sides[1]
        shared = [
            {row.path for row in documents(artifact, name) if "shared" in row.path}
            for name in ("train", "held_out")
        ]
        assert sorted(map(len, shared)) == [0, 3]
