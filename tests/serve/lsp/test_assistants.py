"""One model for all folders; a folder that is in use, and a model that cannot be had, are tried again."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from codekiln.errors import ServerError
from codekiln.generate import CompletionRequest, collect
from codekiln.index.folder import FolderIndex
from codekiln.serve.lsp import assistants as module
from codekiln.serve.lsp.assistants import Assistants, Model, loader
from fakes import FakeCompleter, tiny_tokenizer
from generate.servers.test_servers import KINDS
from model_server import ModelServer


def opened(work, load, told=None):
    """Assistants with nobody who follows."""
    tell = [].append if told is None else told.append
    return Assistants(load, work, tell=tell, follow=lambda _: lambda _: None)


def fake():
    """A model that answers the same everywhere."""
    return Model("fake", tiny_tokenizer(), lambda _: FakeCompleter(["1"]))


def test_a_folder_in_use_is_told_once_and_tried_again(tmp_path, monkeypatch):
    told, folder, work = [], tmp_path / "one", tmp_path / "work"
    folder.mkdir()
    (folder / "a.py").write_text("a = 1\n")
    found = opened(work, fake, told)
    found.set_folders([folder])
    with FolderIndex(folder, tiny_tokenizer(), work):
        monkeypatch.setattr(module, "AGAIN", -1.0)
        assert found.assistant(folder).folder is None
        assert found.assistant(folder).folder is None
    assert len(told) == 1
    monkeypatch.setattr(module, "AGAIN", 1000.0)
    assert found.assistant(folder).folder is None  # not yet
    monkeypatch.setattr(module, "AGAIN", -1.0)
    kept = found.assistant(folder)
    assert kept.folder.root == folder
    assert found.assistant(folder) is kept
    found.set_folders([])
    found.close_others()
    FolderIndex(folder, tiny_tokenizer(), work).close()  # it was let go


def test_the_innermost_folder_counts(tmp_path):
    found = opened(tmp_path, fake)
    found.set_folders([tmp_path / "a", tmp_path / "a" / "b"])
    assert found.root_of(tmp_path / "a" / "b" / "c" / "x.py") == tmp_path / "a" / "b"
    assert found.root_of(tmp_path / "a" / "bc" / "x.py") == tmp_path / "a"
    assert found.root_of(tmp_path / "x.py") is None


@pytest.mark.slow
def test_completers_of_one_model_do_not_disturb_each_other():
    """Two take turns, and answer as one that is alone."""
    with ExitStack() as stack:
        model = loader(Path("starter"), stack)()
    assert model.name == "starter"
    texts = ("import numpy as", "import pandas as", "for item in", "import numpy as")
    requests = [CompletionRequest(text, path="a.py", max_tokens=4) for text in texts]
    alone = [collect(model.completer(None), request).text for request in requests]
    both = (model.completer(None), model.completer(None)) * 2
    turns = [collect(who, request).text for who, request in zip(both, requests, strict=True)]
    assert turns == alone
    assert turns[0].startswith(" np")


def test_a_model_of_a_server_answers_for_every_folder(tmp_path):
    kind = KINDS["llama.cpp"]
    with ExitStack() as stack, ModelServer(dict(kind.replies)) as server:
        found = opened(tmp_path, loader(Path("starter"), stack, server.url))
        made = found.assistant(None)
        server.replies[kind.path] = [kind.stream(kind.said("answer()"), kind.end["end"])]
        request = CompletionRequest("x = ", "\ny = 1\n", "a.py", lines=1)
        assert made.suggest(request).suggestion.text == "answer()"
        assert found.assistant(None) is made


def test_a_server_that_is_not_there_is_told(tmp_path):
    with ExitStack() as stack:
        found = opened(tmp_path, loader(Path("starter"), stack, "http://127.0.0.1:9"))
        with pytest.raises(ServerError):
            found.model()


def test_a_model_that_cannot_be_loaded_is_not_tried_for_every_key(tmp_path, monkeypatch):
    tries = []

    def load():
        tries.append(1)
        raise ServerError("There is no server: start one.")

    found = opened(tmp_path, load)
    for _ in range(3):
        with pytest.raises(ServerError, match="start one"):
            found.model()
    assert len(tries) == 1
    monkeypatch.setattr(module, "SOON", 0.0)
    with pytest.raises(ServerError):
        found.model()
    assert len(tries) == 2


def test_a_folder_that_has_left_the_workspace_is_not_opened(tmp_path):
    folder, work = tmp_path / "one", tmp_path / "work"
    folder.mkdir()
    (folder / "a.py").write_text("a = 1\n")
    found = opened(work, fake)
    assert found.assistant(folder).folder is None
    FolderIndex(folder, tiny_tokenizer(), work).close()  # nobody has it
