"""A dataset of the hub is found once, fetched once and read; without a network it says so."""

import builtins
import errno
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from codekiln.corpus.sources.hub import Dataset, HubSource, HuggingFace
from codekiln.errors import DiskError, MissingExtraError, SourceError

COMMIT = "c" * 40
TABLES = {
    "data/python/data.json": [{"content": "print(1)\n", "path": "a.py", "licenses": ["MIT"]}],
    "data/java/data.json": [{"content": "class A {}\n"}],
    "../out.json": [{"content": "x"}],
    "data\\..\\out.json": [{"content": "x"}],
    "README.md": [],
}


class FakeHub:
    def __init__(self, commit: str = COMMIT) -> None:
        self.commit, self.asked = commit, []

    def look_up(self, dataset, revision):
        self.asked.append((dataset, revision))
        return Dataset(self.commit, tuple(TABLES))

    def download(self, dataset, commit, path, folder):
        self.asked.append((dataset, commit, path))
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("".join(json.dumps(row) + "\n" for row in TABLES[path]))


class Offline:
    def look_up(self, dataset, revision):
        raise SourceError("nobody answers")

    def download(self, dataset, commit, path, folder):
        raise SourceError("nobody answers")


def read(source: HubSource) -> dict[str, bytes]:
    return {file.path: file.read() for file in source.files()}


def test_tables_are_fetched_when_they_are_read_and_only_once(tmp_path):
    hub = FakeHub()
    source = HubSource("hf:x", "octo/code", tmp_path, hub=hub)
    assert hub.asked == [("octo/code", "main")]
    assert (source.name, source.repository, source.revision, source.licence) == (
        "hf:x",
        "octo/code",
        COMMIT,
        "",
    )
    wanted = {"data/java/data.json/1": b"class A {}\n", "a.py": b"print(1)\n"}
    assert read(source) == wanted
    assert hub.asked[1:] == [
        ("octo/code", COMMIT, "data/java/data.json"),
        ("octo/code", COMMIT, "data/python/data.json"),
    ]
    assert read(source) == wanted
    assert len(hub.asked) == 3


def test_what_was_fetched_by_its_commit_needs_no_network(tmp_path):
    first = HubSource("hf:x", f"octo/code/data/python@{COMMIT}", tmp_path, hub=FakeHub())
    assert read(first) == {"a.py": b"print(1)\n"}
    again = HubSource("hf:x", f"octo/code/data/python@{COMMIT}", tmp_path, hub=Offline())
    assert read(again) == {"a.py": b"print(1)\n"}
    assert again.state() == first.state()
    for spec in ("octo/code/data/python@main", f"octo/other@{COMMIT}"):
        with pytest.raises(SourceError, match="nobody answers"):
            HubSource("hf:x", spec, tmp_path, hub=Offline())


def test_the_state_is_that_of_the_commit_and_the_folder(tmp_path):
    whole = HubSource("hf:x", "octo/code", tmp_path, hub=FakeHub())
    part = HubSource("hf:x", "octo/code/data/java/", tmp_path, hub=FakeHub())
    later = HubSource("hf:x", "octo/code", tmp_path, hub=FakeHub("d" * 40))
    assert len({whole.state(), part.state(), later.state()}) == 3


@pytest.mark.parametrize(
    "spec",
    [
        "octo",
        "octo/",
        "/octo/code",
        "../code",
        "octo/..",
        "octo/code/../x",
        "octo/code@",
        "octo/code@a/../../../b",
    ],
)
def test_names_that_are_none_or_lead_out(tmp_path, spec):
    with pytest.raises(SourceError):
        HubSource("hf:x", spec, tmp_path / "in", hub=FakeHub("../../d"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(SourceError, match="no Parquet or JSONL"):
        HubSource("hf:x", "octo/code/data/cobol", tmp_path, hub=FakeHub())


# --- the client of the hub itself ------------------------------------------------------------


@pytest.fixture
def client(monkeypatch):
    """The client's module with its two functions replaced: nothing here asks a network."""
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "0")
    client = pytest.importorskip("huggingface_hub")
    asked = SimpleNamespace(calls=[], error=None)

    def answer(*names, **options):
        asked.calls.append((names, options))
        if asked.error:
            raise asked.error
        files = [SimpleNamespace(rfilename="a.parquet"), SimpleNamespace(rfilename="README.md")]
        return SimpleNamespace(sha=COMMIT, siblings=files)

    monkeypatch.setattr(client, "HfApi", lambda: SimpleNamespace(dataset_info=answer))
    monkeypatch.setattr(client, "hf_hub_download", answer)
    return asked


def test_the_client_is_asked_for_a_dataset(client, tmp_path):
    assert HuggingFace().look_up("octo/code", "v1") == Dataset(COMMIT, ("a.parquet", "README.md"))
    HuggingFace().download("octo/code", COMMIT, "a.parquet", tmp_path)
    (look, look_options), (load, load_options) = client.calls
    assert (look, look_options["revision"]) == (("octo/code",), "v1")
    assert load == ("octo/code", "a.parquet")
    assert load_options == {"repo_type": "dataset", "revision": COMMIT, "local_dir": tmp_path}


def test_the_client_tells_nobody(client):
    HuggingFace().look_up("octo/code", "v1")
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] == "1"


def failures():
    errors = pytest.importorskip("huggingface_hub.errors")

    def refused(kind):
        return kind.__new__(kind)  # they are made of an answer, which nobody gave

    return {
        "gated: accept its terms": refused(errors.GatedRepoError),
        "no public dataset octo/code": refused(errors.RepositoryNotFoundError),
        "no revision 'v1'": refused(errors.RevisionNotFoundError),
        "go online, or download it elsewhere": ConnectionError("no route"),
        "cannot be fetched .OSError": OSError(),
    }


def test_every_failure_has_a_remedy(client, tmp_path):
    for words, error in failures().items():
        client.error = error
        with pytest.raises(SourceError, match=words):
            HuggingFace().look_up("octo/code", "v1")
        with pytest.raises(SourceError, match=words.replace("v1", COMMIT)):
            HuggingFace().download("octo/code", COMMIT, "a.parquet", Path(tmp_path))


def test_a_full_disk_is_not_taken_for_the_network(client, tmp_path):
    client.error = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(DiskError, match="free some space"):
        HuggingFace().download("octo/code", COMMIT, "a.parquet", tmp_path)


def test_without_the_extra_the_line_that_installs_it_is_shown(monkeypatch, tmp_path):
    real = builtins.__import__

    def absent(name, *rest):
        if name == "huggingface_hub":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "huggingface_hub", raising=False)
    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtraError, match=r"codekiln\[hub\]"):
        HubSource("hf:x", "octo/code", tmp_path)
