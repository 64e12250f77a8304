"""Our attention on the processor beside torch's fused kernel: same values, same gradients."""

import pytest
import torch
import torch.nn.functional as F

from codekiln.model.attention import attend
from codekiln.model.blockwise import BLOCK, blockwise
from codekiln.model.masks import document_mask

LENGTHS = [1, 5, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 37]


def inputs(length, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shape = (2, 3, length, 16)
    return [torch.randn(shape, generator=generator, requires_grad=True) for _ in range(3)]


def three_documents(length):
    """Numbers of documents whose borders fall at other places in each row."""
    place = torch.arange(length)
    cuts = torch.tensor([[length // 3, length // 2], [1, length - 1]])
    return (place[None, :, None] >= cuts[:, None, :]).sum(dim=-1)


def visible(documents):
    """The same as `document_mask`, one pair of tokens at a time."""
    rows, length = documents.shape
    mask = torch.zeros(rows, 1, length, length, dtype=torch.bool)
    for row in range(rows):
        for query in range(length):
            for key in range(query + 1):
                mask[row, 0, query, key] = bool(documents[row, query] == documents[row, key])
    return mask


def with_gradients(function, tensors):
    out = function(*tensors)
    weights = torch.linspace(-1, 1, out.numel()).view_as(out)  # no symmetry to hide behind
    return out, *torch.autograd.grad((out * weights).sum(), tensors)


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=2e-6, rtol=1e-4)


@pytest.mark.parametrize("length", LENGTHS)
def test_blocks_equal_the_fused_kernel(length):
    tensors = inputs(length)
    found = with_gradients(lambda q, k, v: blockwise(q, k, v, None), tensors)
    expected = with_gradients(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), tensors
    )
    assert_same(found, expected)


@pytest.mark.parametrize("length", LENGTHS)
def test_blocks_equal_the_fused_kernel_under_a_mask(length):
    tensors = inputs(length, seed=1)
    mask = document_mask(three_documents(length))
    found = with_gradients(lambda q, k, v: blockwise(q, k, v, mask), tensors)
    expected = with_gradients(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=mask), tensors
    )
    assert_same(found, expected)


def test_a_mask_that_shows_the_future_does_not():
    query, key, value = inputs(40)
    everything = torch.ones(2, 1, 40, 40, dtype=torch.bool)
    torch.testing.assert_close(
        blockwise(query, key, value, everything), blockwise(query, key, value, None)
    )


def test_the_mask_of_documents_is_causal_and_within_one():
    documents = three_documents(12)
    assert torch.equal(document_mask(documents), visible(documents))


@pytest.mark.parametrize(("queries", "keys"), [(1, 1), (1, 9), (4, 9), (130, 130)])
def test_queries_behind_a_cache_see_what_is_before_them(queries, keys):
    query, key, value = (tensor.detach() for tensor in inputs(keys))
    whole = blockwise(query, key, value, None)
    mask = torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)
    last = attend(query[:, :, keys - queries :], key, value, mask if 1 < queries < keys else None)
    torch.testing.assert_close(last, whole[:, :, keys - queries :], atol=2e-6, rtol=1e-4)
