"""Names that show their values to be no secrets, and names like them that do not."""

import pytest

from codekiln.corpus.secrets.public import is_public


@pytest.mark.parametrize(
    ("name", "rest", "expected"),
    [
        ("public_key", "", True),
        ("publicKey", "", True),
        ("PUBLIC-TOKEN", "", True),
        ("republic_token", "", False),
        ("publication_token", "", False),
        ("hashed_password", "", True),
        ("token", "_hash", True),
        ("token", "Hash", True),
        ("password", "_hashes", True),
        ("password", "_hash_2", True),
        ("hash_secret", "", False),
        ("token", "_hash_secret", False),
        ("token", "_rehash", False),
        ("api_key", "_id", True),
        ("accessKey", "Id", True),
        ("secret", "_id", False),
        ("api_key", "_identity", False),
        ("token", "_type", True),
        ("key.token", ".length", True),
        ("password", "_2", False),
        ("password", ".value", False),
        ("compass", "", True),
        ("ByPass", "_2", True),
        ("db_pass", "", False),
        ("db_pass", "_2", False),
        ("dbPass", "s", False),
        ("pass", "_context", True),
        ("pass", "Value", True),
        ("pass", "_word", False),
        ("pass", "Phrase", False),
    ],
)
def test_whether_a_name_is_public(name: str, rest: str, expected: bool) -> None:
    assert is_public(name, rest) is expected
