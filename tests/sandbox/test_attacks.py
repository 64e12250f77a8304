"""No attack of `attacks/` gets out; and each does where the layers that stop it are taken away."""

import os
from itertools import groupby

import pytest

from codekiln.sandbox.backends import Backend, Bubblewrap, Landlock, Unconfined
from sandbox.attempts import Attack, attacks, escaped

BACKENDS = [
    pytest.param(
        backend,
        id=backend.name,
        marks=pytest.mark.skipif(bool(backend.missing()), reason=backend.missing()),
    )
    for backend in (Bubblewrap(), Landlock())
]
# What takes a layer away leaves the attacker root, or the user who tests: bounded bombs, made-up victims.
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="the layers are those of a start as root")


def against(backend: Backend, *, alone: bool | None = None) -> list[Attack]:
    found = [attack for attack in attacks() if backend.name in attack.stopped_by]
    return [attack for attack in found if alone is None or attack.alone is alone]


def test_there_are_enough():
    assert len(attacks()) >= 100
    assert len({attack.name for attack in attacks()}) == len(attacks())


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_none_gets_out(backend):
    assert escaped(backend, against(backend)) == set()


@AS_ROOT
@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_without_the_layers_that_stop_it_each_does(backend):
    """The positive control: an attack works, and nothing else stood in its way."""
    for stopping, group in grouped(backend):
        bare = without(backend, stopping) if stopping else Unconfined(frozenset())
        names = {attack.name for attack in group}
        assert escaped(bare, group) == names, sorted(stopping)


@AS_ROOT
@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_each_of_these_layers_stops_it_alone(backend):
    for stopping, group in grouped(backend):
        for sufficient in group[0].stopped_by[backend.name]:
            bare = without(backend, stopping - sufficient)
            assert escaped(bare, group) == set(), sorted(sufficient)


@AS_ROOT
@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_layers_that_stop_it_only_together_do_not_alone(backend):
    for stopping, group in grouped(backend):
        if len(group[0].stopped_by[backend.name]) == 1 and len(stopping) > 1:
            for layer in stopping:
                names = {attack.name for attack in group}
                assert escaped(without(backend, {layer}), group) == names, layer


def grouped(backend):
    """Attacks that the same layers stop, in the same ways."""

    def key(attack):
        return sorted(sorted(layers) for layers in attack.stopped_by[backend.name])

    for _, group in groupby(sorted(against(backend), key=key), key):
        found = list(group)
        yield found[0].layers(backend), found


def without(backend, layers):
    return type(backend)(backend.layers - frozenset(layers))
