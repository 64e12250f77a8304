import pytest

from codekiln.generate.verify import verified


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A judgement may take its time here, whatever else this machine does."""
    monkeypatch.setattr(verified, "SECONDS", 60.0)
