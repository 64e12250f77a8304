"""A model of the hub: only what is read is downloaded, and all of it is compared with the hub's hashes."""

import builtins
import hashlib
import sys
from types import SimpleNamespace

import pytest

from codekiln.errors import MissingExtraError, ModelError, SourceError
from codekiln.pipeline.pull import hub as hub_module
from codekiln.pipeline.pull import pull
from codekiln.pipeline.pull.hub import HubFile, HubOrigin, HuggingFace, Listing
from codekiln.tokenizer import Tokenizer
from foreign_tokenizers import foreign, qwen2
from model.shapes import QWEN_2, random_model
from model_artifacts import fill, sized

COMMIT = "c" * 40
UNWANTED = ("pytorch_model.bin", "README.md", "onnx/model.onnx", "../out.json", "sub/config.json")


def git_hash(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class FakeHub:
    """Has a real folder and some files that nobody should ask for."""

    def __init__(self, folder, commit=COMMIT, **others):
        self.contents = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.contents |= dict.fromkeys(UNWANTED, b"no") | others
        self.commit, self.asked, self.wrong = commit, [], ""

    def look_up(self, model, revision):
        self.asked.append((model, revision))
        files = [
            HubFile(
                path,
                len(content),
                hashlib.sha256(content).hexdigest() if path.endswith(".safetensors") else "",
                git_hash(content),
            )
            for path, content in self.contents.items()
        ]
        return Listing(self.commit, "apache-2.0", tuple(files))

    def download(self, model, commit, path, folder):
        self.asked.append((model, commit, path))
        folder.mkdir(parents=True, exist_ok=True)
        content = bytearray(self.contents[path])
        content[-1] ^= path == self.wrong
        (folder / path).write_bytes(content)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    tokenizer = foreign(qwen2(), "<|endoftext|>")
    fill(tmp_path / "theirs", random_model(sized(QWEN_2, tokenizer)), tokenizer)
    fake = FakeHub(tmp_path / "theirs")
    monkeypatch.setattr(hub_module, "HuggingFace", lambda: fake)
    return fake


def test_only_what_is_read_is_downloaded(fake, tmp_path):
    made = pull("octo/coder", tmp_path / "work")
    assert fake.asked[0] == ("octo/coder", "main")
    names = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]
    assert fake.asked[1:] == [("octo/coder", COMMIT, name) for name in names]
    place = f"hf:octo/coder@{COMMIT}"
    assert set(made.manifest["sources"]) == {f"{place}/{name}" for name in names}
    content = fake.contents["model.safetensors"]
    weights = made.manifest["sources"][f"{place}/model.safetensors"]
    assert weights == hashlib.sha256(content).hexdigest()
    assert made.statistics["licence"] == "apache-2.0"
    assert made.path.name.startswith("coder-")
    assert not Tokenizer.load(made.path).native
    assert not list((tmp_path / "work" / "downloads").rglob("*.safetensors"))


def test_what_is_there_is_not_downloaded_again(fake, tmp_path):
    made = pull("octo/coder@v1", tmp_path / "work")
    assert fake.asked[0] == ("octo/coder", "v1")
    before = len(fake.asked)
    assert pull("octo/coder@v1", tmp_path / "work").path == made.path
    assert fake.asked[before:] == [("octo/coder", "v1")]
    fake.commit = "d" * 40
    assert pull("octo/coder@v1", tmp_path / "work").path != made.path


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_another_file_than_was_promised_is_refused(fake, name, tmp_path):
    fake.wrong = name
    with pytest.raises(
        SourceError, match=f"{name} of octo/coder is not the file that was promised"
    ):
        pull("octo/coder", tmp_path / "work")
    assert not list((tmp_path / "work").rglob("manifest.json"))
    fake.wrong = ""
    pull("octo/coder", tmp_path / "work").verify()


def test_pickled_weights_are_not_even_downloaded(fake, tmp_path):
    del fake.contents["model.safetensors"]
    with pytest.raises(ModelError, match=r"pickled alone .pytorch_model\.bin.*take another"):
        pull("octo/coder", tmp_path / "work")
    del fake.contents["pytorch_model.bin"]
    with pytest.raises(ModelError, match=r"holds no model\.safetensors"):
        pull("octo/coder", tmp_path / "work")
    assert [asked for asked in fake.asked if len(asked) > 2] == []


def test_a_model_without_its_tokenizer_is_refused(fake, tmp_path):
    del fake.contents["tokenizer.json"]
    with pytest.raises(ModelError, match=r"holds no tokenizer\.json"):
        pull("octo/coder", tmp_path / "work")


def test_parts_and_their_index_are_taken_where_there_is_no_whole_file(fake, tmp_path):
    fake.contents["model-00001-of-00002.safetensors"] = b"1"
    assert len(HubOrigin("octo/coder", tmp_path).state()) == 4
    del fake.contents["model.safetensors"]
    fake.contents["model-00002-of-00002.safetensors"] = b"2"
    fake.contents["model.safetensors.index.json"] = b"{}"
    names = [name.rpartition("/")[2] for name in HubOrigin("octo/coder", tmp_path).state()]
    assert names[-3:] == [
        "model.safetensors.index.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ]


@pytest.mark.parametrize(
    "spec", ["octo/", "/coder", "../coder", "octo/..", "octo/a/b", "octo/a@", "o/a@../x"]
)
def test_names_that_are_none(fake, spec, tmp_path):
    with pytest.raises(SourceError, match="names no model"):
        HubOrigin(spec, tmp_path)
    assert fake.asked == []


def test_a_commit_that_is_none_leads_nowhere(fake, tmp_path):
    fake.commit = "../../out"
    with pytest.raises(SourceError, match="names no commit"):
        pull("octo/coder", tmp_path / "work")


# --- the client of the hub itself ------------------------------------------------------------


@pytest.fixture
def client(monkeypatch):
    client = pytest.importorskip("huggingface_hub")
    asked = SimpleNamespace(calls=[], error=None)

    def answer(*names, **options):
        asked.calls.append((names, options))
        if asked.error:
            raise asked.error
        large = SimpleNamespace(
            rfilename="model.safetensors", size=9, lfs=SimpleNamespace(sha256="ab"), blob_id="cd"
        )
        small = SimpleNamespace(rfilename="config.json", size=3, lfs=None, blob_id="ef")
        card = SimpleNamespace(license="mit")
        return SimpleNamespace(sha=COMMIT, siblings=[large, small], card_data=card)

    monkeypatch.setattr(client, "HfApi", lambda: SimpleNamespace(model_info=answer))
    monkeypatch.setattr(client, "hf_hub_download", answer)
    return asked


def test_the_client_is_asked_for_a_model_with_its_hashes(client, tmp_path):
    found = HuggingFace().look_up("octo/coder", "v1")
    assert found == Listing(
        COMMIT,
        "mit",
        (HubFile("model.safetensors", 9, "ab", "cd"), HubFile("config.json", 3, "", "ef")),
    )
    HuggingFace().download("octo/coder", COMMIT, "config.json", tmp_path)
    (look, look_options), (load, load_options) = client.calls
    assert look == ("octo/coder",)
    assert (look_options["revision"], look_options["files_metadata"]) == ("v1", True)
    assert load == ("octo/coder", "config.json")
    assert load_options == {"revision": COMMIT, "local_dir": tmp_path}


def test_a_failure_has_a_remedy(client, tmp_path):
    client.error = ConnectionError("no route")
    with pytest.raises(
        SourceError, match=r"The model octo/coder cannot be fetched .no route.: go onl"
    ):
        HuggingFace().look_up("octo/coder", "main")
    with pytest.raises(SourceError, match="give the path of its folder"):
        HuggingFace().download("octo/coder", COMMIT, "config.json", tmp_path)


def test_without_the_extra_the_line_that_installs_it_is_shown(monkeypatch, tmp_path):
    real = builtins.__import__

    def absent(name, *rest):
        if name == "huggingface_hub":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "huggingface_hub", raising=False)
    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtraError, match=r"codekiln\[hub\]"):
        pull("octo/coder", tmp_path / "work")
