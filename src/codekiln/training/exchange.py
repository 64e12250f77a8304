"""A function of whole matrices, where each process holds only some rows of every matrix.

Each process is sent some of the matrices whole, and sends the rows of the results back. If all gathered all
of them instead, each would do the work of everyone.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from math import prod

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.tensor import DTensor

Shape = tuple[int, ...]


def on_whole(
    function: Callable[[list[Tensor]], list[Tensor]], shards: list[Tensor], like: list[DTensor]
) -> list[Tensor]:
    """This process's rows of what `function` makes of the whole matrices, each of the shape it was given.

    `shards` are this process's rows of matrices laid out `like` these (FSDP's way, by rows). Those of one
    shape are dealt out evenly, since `function` may take them together.
    """
    mesh = like[0].device_mesh
    rank, size, group = mesh.get_local_rank(), mesh.size(), mesh.get_group()
    empty = shards[0].new_empty(0)
    rows = [_rows(matrix.shape[0], size) for matrix in like]
    dealt = _deal(like, size)
    mine = dealt[rank]

    sent = [[shards[place] for place in places] for places in dealt]
    pieces = [[(rows[place][peer], like[place].shape[1]) for place in mine] for peer in range(size)]
    received = _trade(sent, pieces, empty, group)
    results = function([torch.cat(matrix) for matrix in zip(*received, strict=True)])

    cut = [result.split(rows[place]) for place, result in zip(mine, results, strict=True)]
    sent = [[parts[peer] for parts in cut] for peer in range(size)]
    own = [[tuple(shards[place].shape) for place in places] for places in dealt]
    back = chain(*_trade(sent, own, empty, group))
    by_place = dict(zip(chain(*dealt), back, strict=True))
    return [by_place[place] for place in range(len(shards))]


def _rows(count: int, size: int) -> list[int]:
    """How many of `count` rows each process holds: as `torch.chunk` cuts, and none where they run out."""
    most = -(-count // size)
    return [max(0, min(most, count - rank * most)) for rank in range(size)]


def _deal(matrices: Sequence[Tensor], size: int) -> list[list[int]]:
    """Which matrices each process is sent; of each shape (or its transpose) all get about as many."""
    by_shape = sorted(range(len(matrices)), key=lambda place: sorted(matrices[place].shape))
    return [by_shape[rank::size] for rank in range(size)]


def _trade(
    sent: list[list[Tensor]],
    awaited: Sequence[Sequence[Shape]],
    empty: Tensor,
    group: dist.ProcessGroup,
) -> list[list[Tensor]]:
    """Send each process the tensors of its list, and receive from each those of the shapes awaited.

    An `empty` one says of which type they are and on which device, should this process send nothing.
    """
    flat = torch.cat([empty, *(tensor.flatten() for tensor in chain(*sent))])
    outward = [sum(tensor.numel() for tensor in tensors) for tensors in sent]
    inward = [sum(map(prod, shapes)) for shapes in awaited]
    received = flat.new_empty(sum(inward))
    dist.all_to_all_single(received, flat, inward, outward, group=group)
    return [
        [piece.view(*shape) for piece, shape in zip(_split(block, shapes), shapes, strict=True)]
        for block, shapes in zip(received.split(inward), awaited, strict=True)
    ]


def _split(block: Tensor, shapes: Sequence[Shape]) -> Sequence[Tensor]:
    return block.split([prod(shape) for shape in shapes]) if shapes else ()
