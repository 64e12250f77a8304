"""A sandbox for each back end that works on this machine."""

import pytest

from codekiln.sandbox import Sandbox
from codekiln.sandbox.backends import Bubblewrap, Landlock


@pytest.fixture(params=[Bubblewrap(), Landlock()], ids=lambda backend: backend.name)
def sandbox(request):
    if reason := request.param.missing():
        pytest.skip(reason)
    return Sandbox(request.param)
