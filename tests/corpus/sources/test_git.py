"""A repository is read as it was committed: no work tree, no links, no submodules, no LFS."""

from pathlib import Path

import pytest
from dulwich import porcelain
from dulwich.objects import Blob, Tree
from dulwich.repo import Repo

from codekiln.corpus import documents, rejected
from codekiln.corpus.sources import GitSource, UnreadableError, parse_source
from codekiln.errors import SourceError

WHO = b"A Person <person@example.org>"


def commit(root: Path, **contents: str) -> str:
    """Write files, commit all of them, and give the id."""
    for name, content in contents.items():
        (root / f"{name}.py").write_text(content)
        porcelain.add(root, [str(root / f"{name}.py")])
    return porcelain.commit(root, message=b"more", author=WHO, committer=WHO).decode()


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    porcelain.init(root).close()
    commit(root, one="def one():\n    return 1\n", two="def two():\n    return 2\n")
    return root


def contents(artifact):
    rows = (*documents(artifact, "train"), *documents(artifact, "held_out"))
    return {row.path: row.content for row in rows}


def test_what_was_not_committed_is_not_seen(make, repository):
    (repository / "new.py").write_text("new = 1\n")
    (repository / "one.py").write_text("changed = 1\n")
    artifact = make(f"git:{repository}")
    assert contents(artifact) == {
        "one.py": "def one():\n    return 1\n",
        "two.py": "def two():\n    return 2\n",
    }


def test_older_revisions_can_be_read_by_any_name(make, repository):
    old = GitSource("x", repository)
    first = old.revision
    old.close()
    porcelain.tag_create(repository, "v1", author=WHO, message=b"one", annotated=True)
    second = commit(repository, one="def one():\n    return 'one'\n")
    for name in (first, first[:8], "v1", "HEAD~1"):
        artifact = make(f"git:{repository}@{name}")
        assert contents(artifact)["one.py"] == "def one():\n    return 1\n"
        assert {row.revision for row in documents(artifact, "train")} == {first}
    for spec in (f"git:{repository}", f"git:{repository}/.git", f"git:{repository}@master"):
        assert parse_source(spec).state() == second
        artifact = make(spec)
        assert contents(artifact)["one.py"] == "def one():\n    return 'one'\n"
        assert {row.repository for row in documents(artifact, "train")} == {"project"}


def test_a_bare_repository_and_a_path_with_an_at_sign(make, repository, tmp_path):
    bare = tmp_path / "a@b.git"
    porcelain.clone(str(repository), str(bare), bare=True, errstream=porcelain.NoneStream()).close()
    assert len(contents(make(f"git:{bare}"))) == 2
    assert len(contents(make(f"git:{bare}@HEAD"))) == 2


def test_links_submodules_pointers_and_excluded_names_are_counted(make, repository):
    (repository / "link.py").symlink_to("one.py")
    (repository / "data.py").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"
    )
    (repository / "node_modules").mkdir()
    (repository / "node_modules/x.js").write_text("var x;\n")
    names = ["link.py", "data.py", "node_modules/x.js"]
    porcelain.add(repository, [str(repository / name) for name in names])
    commit(repository)
    with Repo(str(repository)) as repo:
        tree = repo[repo[repo.head()].tree]
        assert isinstance(tree, Tree)
        tree.add(b"sub", 0o160000, b"1" * 40)
        repo.object_store.add_object(tree)
        repo.get_worktree().commit(b"sub", committer=WHO, author=WHO, tree=tree.id)
    artifact = make(f"git:{repository}")
    assert {row.path: row.reason for row in rejected(artifact)} == {
        "link.py": "link",
        "data.py": "lfs-pointer",
        "node_modules/x.js": "excluded",
        "sub": "submodule",
    }
    assert set(contents(artifact)) == {"one.py", "two.py"}


def test_a_broken_object_is_quarantined_and_the_rest_is_read(make, repository):
    commit(repository, bad="bad = 1\n", other="other = 1\n")
    digits = Blob.from_string(b"bad = 1\n").id.decode()
    path = repository / ".git/objects" / digits[:2] / digits[2:]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-12])
    artifact = make(f"git:{repository}")
    assert {row.path: row.reason for row in rejected(artifact)} == {"bad.py": "broken-object"}
    assert set(contents(artifact)) == {"one.py", "two.py", "other.py"}


def test_an_object_under_another_name_is_broken(repository):
    commit(repository, bad="bad = 1\n", other="other = 1\n")
    bad, other = (Blob.from_string(text).id.decode() for text in (b"bad = 1\n", b"other = 1\n"))
    objects = repository / ".git/objects"
    target = objects / bad[:2] / bad[2:]
    target.chmod(0o600)
    target.write_bytes((objects / other[:2] / other[2:]).read_bytes())
    source = GitSource("x", repository)
    files = {file.path: file for file in source.files()}
    with pytest.raises(UnreadableError, match="not what it was"):
        files["bad.py"].read()
    assert files["other.py"].read() == b"other = 1\n"
    source.close()


def test_what_is_no_repository_or_has_no_such_revision_is_refused(repository, folder, tmp_path):
    (tmp_path / "fresh").mkdir()
    porcelain.init(tmp_path / "fresh").close()
    for path, revision, words in (
        (folder, "HEAD", "not a git repository"),
        (folder / "one.py", "HEAD", "not a git repository"),
        (tmp_path / "nowhere", "HEAD", "no folder"),
        (tmp_path / "fresh", "HEAD", "no commits yet"),
        (repository, "v9", "no revision 'v9'"),
        (repository, "HEAD:one.py", "no revision"),
        (repository, "HEAD~9", "no revision"),
    ):
        with pytest.raises(SourceError, match=words):
            GitSource("x", path, revision)
