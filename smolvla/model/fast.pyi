# made by tools/make_stubs.py: do not edit
__all__ = ['FastLinear', 'FastMLP', 'FastGatedMLP', 'make_fast', 'attend_by_head', 'look_fast', 'FastLayer', 'fast_layers', 'FastRunner', 'Recall', 'choose_for', 'FrozenPolicy', 'fast_copy']
import copy, time
from dataclasses import replace
import torch
import torch.nn.functional as F
from fastcore.basics import patch
from torch import Tensor, nn
from smolvla.precision import Choice, choose, int8_linear, pack, pack_int8, packed_linear, probe_eight_bits, quantise, shapes_of
from .vlm import attention, connect, embed_patches
from .expert import Expert, ExpertLayer, SuffixRunner, turn
from .policy import PrefixKV, SmolVLA, whole_weight
_THEN = dict(none=lambda y, _: y, gelu=lambda y, _: F.gelu(y, approximate='tanh'), silu=lambda y, _: F.silu(y), add=torch.add, mul=torch.mul)

def _no_weight(shape, dtype, device='cpu') -> Tensor:
    ...

class FastLinear(nn.Module):
    """A linear layer that cannot learn: its matrix is held in the form of one engine."""

    def __init__(self, weight: Tensor, bias: Tensor | None, engine: str='plain', dtype: torch.dtype=torch.float32):
        ...

    def _lay_out(self):
        """The engine's own form, made from `matrix`."""
        ...

    def dense(self) -> Tensor:
        """The matrix as numbers in the usual order; in eight bits the rounded one."""
        ...

    def __getstate__(self):
        ...

    def __setstate__(self, state):
        ...

    def forward(self, x: Tensor, then: str='none', other: Tensor | None=None) -> Tensor:
        ...

def _as_bytes(t: Tensor | None):
    ...

def _from_bytes(sent):
    ...

class FastMLP(nn.Module):
    """The vision tower's MLP, its activation inside the first product."""

    def __init__(self, fc1: FastLinear, fc2: FastLinear):
        ...

    def forward(self, x):
        ...

class FastGatedMLP(nn.Module):
    """A gated MLP of the language layers or the expert, gate and product inside."""

    def __init__(self, gate_proj: FastLinear, up_proj: FastLinear, down_proj: FastLinear):
        ...

    def forward(self, x):
        ...

def _fast_mlp(m: nn.Module) -> nn.Module | None:
    """The fast form of an MLP whose linear layers are fast already."""
    ...

def make_fast(module: nn.Module, choice: Choice, eight_bits: bool=False) -> nn.Module:
    """Replace linear layers (adapters added in) and MLPs by their fast forms."""
    ...

def attend_by_head(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention without a mask, one head after the other."""
    ...

def look_fast(vlm: nn.Module, images: Tensor) -> Tensor:
    """As `embed_images`."""
    ...

def _glue(*layers: FastLinear) -> FastLinear:
    ...

class FastLayer:
    """An expert layer for sampling only."""

    def __init__(self, layer: ExpertLayer):
        ...

    def finish(self, h: Tensor, attended: Tensor) -> Tensor:
        """As `finish_layer`."""
        ...

def fast_layers(expert: Expert) -> list[FastLayer] | None:
    """The fast form of all layers."""
    ...

class FastRunner(SuffixRunner):
    """As `SuffixRunner`, on fast layers."""

    def __call__(self, h: Tensor) -> Tensor:
        ...

    def _fast_layer(self, i: int, layer: FastLayer, h: Tensor) -> Tensor:
        ...
_SEEN = ('images', 'image_mask', 'tokens', 'token_mask')

class Recall:
    """The last look at the world. What has not changed since is not computed again; the result is the same."""

    def __init__(self, policy: 'FrozenPolicy'):
        ...

    @torch.no_grad()
    def __call__(self, batch: dict) -> PrefixKV:
        ...

    def _new_pictures(self, images: Tensor) -> list[bool]:
        ...

    def _image_tokens(self, images: Tensor, new: list[bool]) -> Tensor:
        ...
_choices = {}

def choose_for(policy: SmolVLA) -> Choice:
    """The format and the engine in which this policy draws a chunk soonest on this machine."""
    ...
_WHOLE = 0.25

@torch.inference_mode()
def _chunk_seconds(policy: SmolVLA, repeat: int=5) -> float:
    """Best time of one chunk, drawn for black pictures."""
    ...

def _confirm(policy: SmolVLA, by_products: Choice) -> Choice:
    """Time whole chunks where they are short; a copy that is not a quarter quicker is not worth it."""
    ...

class FrozenPolicy(SmolVLA):
    """A copy for acting only, from `policy.fast()`: it owns its weights and cannot go stale."""
    runner_class = FastRunner

    def __init__(self, policy: SmolVLA, choice: Choice, eight_bits: bool=False, num_steps: int | None=None):
        ...

    def train(self, mode: bool=True):
        ...

    def save_pretrained(self, *args, **kwargs):
        ...

    def load_state_dict(self, *args, **kwargs):
        ...

    def _apply(self, *args, **kwargs):
        ...

    def look(self, images: Tensor) -> Tensor:
        """As `SmolVLA.look`."""
        ...

    def prefix_kv(self, batch: dict, seen: Tensor | None=None) -> PrefixKV:
        """As `SmolVLA.prefix_kv`, without the work for pictures and words that were there a moment ago."""
        ...

    def reset(self):
        """Forget the actions that are still waiting, and the last look."""
        ...
_REFUSED = 'this is a frozen copy from policy.fast(): {} the policy it was made of, then call fast() again'

def fast_copy(policy: SmolVLA, compute_dtype: str='auto', eight_bits: bool=False, num_steps: int | None=None) -> FrozenPolicy:
    """What `policy.fast()` does. Its `choice` says which format and engine were taken, and why."""
    ...
