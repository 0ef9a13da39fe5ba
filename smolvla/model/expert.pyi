# made by tools/make_stubs.py: do not edit
__all__ = ['MASKED', 'layer_kinds', 'expert_widths', 'ExpertAttention', 'ExpertMLP', 'ExpertLayer', 'Expert', 'build_expert', 'as_input', 'heads_of', 'finish_layer', 'cross_kv', 'joint_layer', 'joint_forward', 'score_bias', 'fold_heads', 'unfold_heads', 'folded_attention', 'append_token', 'turn_table', 'turn', 'SuffixRunner']
import torch
import torch.nn.functional as F
from fastcore.basics import patch
from torch import Tensor, nn
from .vlm import attention, autocast_device, layer_kv, positions, rope_table, rotate
from .masks import make_att_2d_masks, suffix_mask, suffix_positions

def layer_kinds(num_vlm_layers: int, num_expert_layers: int=-1, attention_mode: str='cross_attn', self_attn_every_n_layers: int=2) -> list[str]:
    """What the expert does beside each VLM layer."""
    ...

def expert_widths(text_hidden: int, multiplier: float=0.75) -> tuple[int, int]:
    """The expert is narrower than the VLM; its MLP is 8/3 as wide as its stream, rounded up to 256."""
    ...

class ExpertAttention(nn.Module):
    """The four projections; a cross layer's keys and values come from the VLM's keys and values, not from the expert's stream."""

    def __init__(self, width: int, q_dim: int, kv_dim: int, kind: str, bias: bool=False):
        ...

class ExpertMLP(nn.Module):
    """The gated MLP of Llama."""

    def __init__(self, width: int, hidden: int):
        ...

    def forward(self, x):
        ...

class ExpertLayer(nn.Module):
    """One layer: attention of either kind, then the MLP, each added to the stream."""

    def __init__(self, width: int, mlp_width: int, q_dim: int, kv_dim: int, kind: str, eps: float=1e-05, bias: bool=False):
        ...

class Expert(nn.Module):
    """The stack, with LeRobot's parameter names."""

    def __init__(self, width: int, mlp_width: int, heads: int, kv_heads: int, head_dim: int, kinds: list[str], eps: float=1e-05, bias: bool=False):
        ...

def build_expert(text_config, width_multiplier: float=0.75, num_layers: int=-1, attention_mode: str='cross_attn', self_attn_every_n: int=2) -> Expert:
    """An expert that fits a VLM."""
    ...

def as_input(x: Tensor, layer: nn.Module) -> Tensor:
    """Checkpoints mix bfloat16 and float32 layers; under autocast, one cast here serves all projections that read x."""
    ...

def heads_of(proj: nn.Linear, x: Tensor, head_dim: int) -> Tensor:
    """Project, then cut into heads."""
    ...

def finish_layer(layer: nn.Module, h: Tensor, attended: Tensor) -> Tensor:
    """Both residual steps of a layer: add what attention found, then what the MLP makes of it."""
    ...

def cross_kv(layer: ExpertLayer, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """The VLM's keys and values, re-read by the expert; they are not rotated again."""
    ...

def joint_layer(layer: nn.Module, expert_layer: ExpertLayer | None, prefix: Tensor, suffix: Tensor, mask: Tensor, tables: tuple, head_dim: int) -> tuple[Tensor, Tensor]:
    """One VLM layer and the expert's layer beside it."""
    ...

def joint_forward(text_model: nn.Module, expert: Expert, prefix: Tensor, suffix: Tensor, pad: Tensor, att: Tensor, hidden: list | None=None) -> tuple[Tensor, Tensor]:
    """The figure of the paper: prefix and suffix climb the layers side by side."""
    ...
MASKED = -30000.0

def score_bias(mask: Tensor) -> Tensor:
    """A mask as numbers to add to the scores."""
    ...

def fold_heads(q: Tensor, kv_heads: int) -> Tensor:
    """Queries that share a key become rows of one matrix, so that K and V need no copies."""
    ...

def unfold_heads(x: Tensor, S: int) -> Tensor:
    """The way back."""
    ...

def folded_attention(q: Tensor, k: Tensor, v: Tensor, bias: Tensor) -> Tensor:
    """Attention on folded heads. On a CPU three plain lines beat SDPA, whose backward is slow there, and whose forward is in bfloat16."""
    ...

def append_token(layers: nn.ModuleList, kv: list, pad: Tensor, h: Tensor) -> tuple[list, Tensor]:
    """Run one more prefix token through the VLM, on top of cached keys and values; stops after K/V of the last layer."""
    ...

def turn_table(positions: Tensor, head_dim: int) -> tuple[Tensor, Tensor]:
    """RoPE's angles, laid out so that a rotation takes three operations."""
    ...

def turn(x: Tensor, table: tuple[Tensor, Tensor]) -> Tensor:
    """What `rotate` does: (a, b) becomes (a cos - b sin, b cos + a sin), in float32."""
    ...

class SuffixRunner:
    """The expert on one cached prefix. All that no denoising step changes is computed here, once: cross K/V, RoPE tables, masks."""

    def __init__(self, expert: Expert, kv: list, pad: Tensor, att: Tensor):
        ...

    def attend(self, i: int, q: Tensor, own: list) -> Tensor:
        """Look at the prefix, in a self layer also at the suffix."""
        ...

    def layer(self, i: int, h: Tensor) -> Tensor:
        """One layer, as `joint_layer` computes it."""
        ...

    def __call__(self, h: Tensor) -> Tensor:
        ...
