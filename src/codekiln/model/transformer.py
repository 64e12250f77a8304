"""The transformer. Its modules carry the names of Hugging Face's Qwen3, so its weights are Qwen3 weights;
by options of the configuration they are those of Llama or Qwen2.

Shapes: B batch, T time, C width, H heads, K key/value heads, D head width, V vocabulary.
RMSNorm (Zhang & Sennrich 2019), rotary positions (Su et al. 2021), grouped-query attention
(Ainslie et al. 2023), normalised queries and keys (Dehghani et al. 2023), SwiGLU (Shazeer 2020).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from codekiln.model.attention import attend
from codekiln.model.cache import KeyValueCache
from codekiln.model.config import ModelConfig
from codekiln.model.masks import Mask, block_mask, document_mask, lower_right_mask
from codekiln.model.rotary import rotary_table, rotate


class RMSNorm(nn.Module):
    """x / rms(x) · weight over the last dimension."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        """`[..., width]` to the same shape."""
        return F.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), self.epsilon)


class Attention(nn.Module):
    """Each token gathers what the tokens before it offer, or all of them in a bidirectional model."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        self.layer, self.causal = layer, config.causal
        self.head_width = config.head_width
        query, key = config.heads * config.head_width, config.key_value_heads * config.head_width
        self.q_proj = nn.Linear(config.width, query, bias=config.attention_bias)
        self.k_proj = nn.Linear(config.width, key, bias=config.attention_bias)
        self.v_proj = nn.Linear(config.width, key, bias=config.attention_bias)
        self.o_proj = nn.Linear(query, config.width, bias=False)
        self.q_norm, self.k_norm = (
            RMSNorm(config.head_width, config.norm_epsilon) if config.qk_norm else nn.Identity()
            for _ in ("query", "key")
        )

    def forward(
        self,
        x: Tensor,
        rotation: tuple[Tensor, Tensor],
        mask: Mask | None,
        cache: KeyValueCache | None,
    ) -> Tensor:
        """`x` is `[B, T, C]`; `mask` as in `attend`."""
        B, T, _ = x.shape
        query, key, value = self.project(x, rotation)
        if cache is not None:
            key, value = cache.extend(self.layer, key, value)
        # Under autocast a GPU normalises in fp32; attention is to be computed as the products are.
        query, key = query.to(value.dtype), key.to(value.dtype)
        seen = attend(query, key, value, mask, causal=self.causal)
        return self.o_proj(seen.transpose(1, 2).reshape(B, T, -1))

    def project(self, x: Tensor, rotation: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Queries `[B, H, T, D]`, keys and values `[B, K, T, D]` of `x [B, T, C]`."""
        B, T, _ = x.shape
        heads = (B, T, -1, self.head_width)
        query = rotate(self.q_norm(self.q_proj(x).view(heads)), rotation).transpose(1, 2)
        key = rotate(self.k_norm(self.k_proj(x).view(heads)), rotation).transpose(1, 2)
        return query, key, self.v_proj(x).view(heads).transpose(1, 2)


class FeedForward(nn.Module):
    """SwiGLU: silu(x G) ⊙ (x U), then back to the width."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.width, config.hidden, bias=False)
        self.up_proj = nn.Linear(config.width, config.hidden, bias=False)
        self.down_proj = nn.Linear(config.hidden, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`[B, T, C]` to the same shape."""
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    """One layer: attention, then the feed-forward part, each added to the stream."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        self.self_attn = Attention(config, layer)
        self.mlp = FeedForward(config)
        self.input_layernorm = RMSNorm(config.width, config.norm_epsilon)
        self.post_attention_layernorm = RMSNorm(config.width, config.norm_epsilon)

    def forward(
        self,
        x: Tensor,
        rotation: tuple[Tensor, Tensor],
        mask: Mask | None,
        cache: KeyValueCache | None,
    ) -> Tensor:
        """`[B, T, C]` to the same shape."""
        x = x + self.self_attn(self.input_layernorm(x), rotation, mask, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class Stack(nn.Module):
    """Embedding, layers and the last norm (the `model.` of the weights' names)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocabulary, config.width)
        self.layers = nn.ModuleList(Block(config, layer) for layer in range(config.layers))
        self.norm = RMSNorm(config.width, config.norm_epsilon)


class Transformer(nn.Module):
    """Ids in, logits out; a tied embedding is also the output layer."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.recompute = False  # layers in the backward pass, so that their insides need no memory
        self.masks_in_blocks = False  # for FlexAttention: on CUDA, and compiled
        self.model = Stack(config)
        self.lm_head = (
            None if config.tied else nn.Linear(config.width, config.vocabulary, bias=False)
        )
        self.apply(_initialise)

    def forward(
        self, ids: Tensor, documents: Tensor | None = None, cache: KeyValueCache | None = None
    ) -> Tensor:
        """The stream after the last norm, `[B, T, C]`.

        `documents` `[B, T]` numbers the document of each token of a packed row: none sees another's.
        With a `cache`, `ids` come behind the tokens in it.
        """
        past = 0 if cache is None else cache.length
        T = ids.shape[1]
        x = autocasted(self.embed(ids))
        rotation = rotary_table(past, T, self.config, x.device)
        mask: Mask | None = None
        if documents is not None:
            in_blocks = self.masks_in_blocks and torch.is_grad_enabled()
            mask_of = block_mask if in_blocks else document_mask
            mask = mask_of(documents, causal=self.config.causal)
        elif past and T > 1:
            mask = lower_right_mask(T, past + T, x.device)
        for block in self.model.layers:
            if self.recompute and torch.is_grad_enabled():
                x = checkpoint(block, x, rotation, mask, cache, use_reentrant=False)
            else:
                x = block(x, rotation, mask, cache)
        if cache is not None:
            cache.advance(T)
        return autocasted(self.model.norm(x))

    def embed(self, ids: Tensor) -> Tensor:
        """What enters the first layer, `[B, T, C]`."""
        embedded: Tensor = self.model.embed_tokens(ids)
        return embedded

    @property
    def output_weight(self) -> Tensor:
        """The output layer `[V, C]`."""
        layer = self.model.embed_tokens if self.lm_head is None else self.lm_head
        return layer.weight

    def logits(self, hidden: Tensor) -> Tensor:
        """`[..., C]` to `[..., V]` through the output layer."""
        return F.linear(hidden, self.output_weight)


def autocasted(x: Tensor) -> Tensor:
    """In the type that autocast gives to products, if it is on: the stream then costs half the memory."""
    device = x.device.type
    return x.to(torch.get_autocast_dtype(device)) if torch.is_autocast_enabled(device) else x


def _initialise(module: nn.Module) -> None:
    """Normal with 1/√fan_in; layers that write to the stream begin at zero (as muP advises)."""
    if isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=1 / math.sqrt(module.in_features))
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, Block):
        nn.init.zeros_(module.self_attn.o_proj.weight)
        nn.init.zeros_(module.mlp.down_proj.weight)
