"""Keys and values of the tokens read so far, so that each new token costs one column of attention."""

from collections.abc import Sequence

from torch import Tensor


class KeyValueCache:
    """Per layer, keys and values `[batch, kv_heads, capacity, head_width]`, of which `length` are used."""

    def __init__(self, layers: int) -> None:
        self.length = 0
        self._keys: list[Tensor | None] = [None] * layers
        self._values: list[Tensor | None] = [None] * layers

    def extend(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Put `[batch, kv_heads, n, head_width]` behind those of a layer and return all of them.

        `length` moves only with `advance`, once every layer has been extended.
        """
        return (
            _append(self._keys, layer, self.length, keys),
            _append(self._values, layer, self.length, values),
        )

    def advance(self, n: int) -> None:
        """Count the `n` tokens that every layer has just been given."""
        self.length += n

    def rewind(self, n: int) -> None:
        """Forget the last `n` tokens; what stands there is overwritten later."""
        assert 0 <= n <= self.length
        self.length -= n

    def fork(self, parents: Sequence[int]) -> None:
        """Row `i` becomes a copy of row `parents[i]`."""
        for store in (self._keys, self._values):
            for layer, tensor in enumerate(store):
                if tensor is not None:
                    store[layer] = tensor[list(parents)]


def _append(store: list[Tensor | None], layer: int, length: int, new: Tensor) -> Tensor:
    needed = length + new.shape[2]
    old = store[layer]
    if old is None or old.shape[2] < needed:
        # Doubling keeps the copies that growing costs below the tokens read.
        room = new.new_empty(*new.shape[:2], max(64, 2 * needed), new.shape[3])
        if old is not None:
            room[:, :, :length] = old[:, :, :length]
        store[layer] = old = room
    old[:, :, length:needed] = new
    return old[:, :, :needed]
