"""What every refusal of the command line must be."""

import json


def assert_refused(result, code, *words):
    """One sentence on stderr, nothing on stdout, no traceback, the right exit code."""
    assert "Traceback" not in result.err
    assert result.out == ""
    (sentence,) = result.err.strip().splitlines()
    assert sentence.startswith("codekiln: ")
    for word in words:
        assert word in sentence
    assert result.code == code


def assert_refused_as_json(result, code, kind, *words):
    """One JSON object on stdout that holds the same sentence."""
    assert "Traceback" not in result.err
    error = json.loads(result.out)["error"]
    assert error["type"] == kind
    for word in words:
        assert word in error["message"]
    assert result.code == code
