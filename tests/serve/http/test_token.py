import stat

import pytest

from codekiln.errors import UsageError
from codekiln.serve.http.token import token_of


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_once_and_only_its_owner_reads_it(tmp_path):
    token, path, is_new = token_of(tmp_path / "work")
    assert is_new
    assert len(token) >= 32
    assert (path.read_text().strip(), mode(path)) == (token, 0o600)
    assert token_of(tmp_path / "work") == (token, path, False)
    assert token_of(tmp_path / "other")[0] != token


def test_one_that_others_could_read_is_closed_to_them(tmp_path):
    token, path, _ = token_of(tmp_path)
    path.chmod(0o644)
    assert token_of(tmp_path) == (token, path, False)
    assert mode(path) == 0o600


@pytest.mark.parametrize("content", ["", "\n", "short\n"])
def test_one_that_is_none_is_replaced(tmp_path, content):
    _, path, _ = token_of(tmp_path)
    path.write_text(content)
    token, _, is_new = token_of(tmp_path)
    assert is_new
    assert len(token) >= 32


def test_a_token_of_ones_own_is_taken(tmp_path):
    _, path, _ = token_of(tmp_path)
    path.write_text("my own, and it is long\n")
    assert token_of(tmp_path)[0] == "my own, and it is long"


def test_where_nothing_can_be_written(tmp_path):
    (tmp_path / "work").write_text("a file")
    with pytest.raises(UsageError, match="--work"):
        token_of(tmp_path / "work")
