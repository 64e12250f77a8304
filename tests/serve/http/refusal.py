"""What a refusal looks like in each format."""

import json

TABBY = ("/v1/events", "/v1/health", "/v1beta/")


def assert_says_why(path: str, status: int, text: str) -> None:
    """Whether a body that was answered with this status is an error in the shape of the path's format."""
    told = json.loads(text)
    if path.startswith(TABBY) or (path == "/v1/completions" and "detail" in told):
        assert set(told) == {"detail"}, path
        assert told["detail"], path
        return
    assert set(told) == {"error"}, path
    error = told["error"]
    if path.startswith("/api/"):
        assert isinstance(error, str), path
        assert error, path
    elif path.startswith("/v1/"):
        assert set(error) == {"message", "type", "param", "code"}, path
        assert error["message"], path
    else:
        assert set(error) == {"code", "message", "type"}, path
        assert (error["code"], bool(error["message"])) == (status, True), path
