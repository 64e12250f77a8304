import pytest

from codekiln.generate.warm_up import warm_up
from fakes import FakeEngine, rambling

VOCABULARY = 50


class Watched(FakeEngine):
    """Knows what its twins read."""

    def __init__(self, context, stride=8):
        super().__init__(rambling(VOCABULARY)._after, VOCABULARY, context)
        self.stride, self.sizes = stride, []

    def twin(self):
        twin = Watched(self.context, self.stride)
        twin.sizes = self.sizes
        return twin

    def _read(self, ids):
        self.sizes.append(ids.shape[1])
        return super()._read(ids)


STEPS = [8, 16, 24, 32, 40, 48, 56]


@pytest.mark.parametrize(
    ("context", "sizes"),
    [
        (8192, [64, 128, 256, 256, 256, *STEPS]),
        (1024, [64, 128, 256, 256, 256, *STEPS]),
        (512, [64, 128, 256, *STEPS]),
        (300, [64, 128, *STEPS]),
        (120, [64, *STEPS]),
        (119, []),
        (48, []),
    ],
)
def test_every_size_is_read_once_as_far_as_the_context_goes(context, sizes):
    engine = Watched(context)
    warm_up(engine)
    assert engine.sizes == sizes
    assert engine.length == engine.steps == engine.prefills == 0


def test_an_engine_without_a_stride_reads_nothing():
    engine = Watched(8192, stride=1)
    warm_up(engine)
    assert engine.sizes == []
