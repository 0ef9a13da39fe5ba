# made by tools/make_stubs.py: do not edit
__all__ = ['OURS', 'IGNORED', 'LIMITS', 'RELATIVE', 'SIGLIP', 'SO400M', 'BACKBONES', 'PRESETS', 'SPECIALS', 'LEGACY', 'GROUPS', 'WEIGHTS', 'ADAPTER', 'VLM_LIMITS', 'EMBEDDING', 'STATS_FILES', 'JOINTS_FILE', 'CAMERAS_FILE', 'STEPS', 'ADAPTERS', 'REWRITERS', 'LAYER', 'PREFIX_ROWS', 'DTYPES', 'SmolVLAConfig', 'preset', 'PrefixKV', 'VLMWithExpert', 'FlowModel', 'Pipelines', 'SmolVLA', 'name_joints', 'check_width', 'whole_weight', 'Denoiser', 'LoadReport', 'clean_keys', 'group_dtypes', 'read_json', 'read_tensors', 'inside', 'checkpoint_folder', 'resolve_checkpoint', 'vlm_problems', 'read_vlm_config', 'stray_backbone', 'find_backbone', 'find_tokenizer', 'read_steps', 'step_tensors', 'read_processors', 'base_name', 'checkpoint_places', 'check_adapter', 'read_adapter', 'changed_layers', 'adapter_settings', 'put_adapter', 'merge_adapter', 'blaming_base', 'depths', 'fit_width', 'fit_to_file', 'check_eyes', 'only_prefix', 'adopt_scales', 'read_config', 'read_weights', 'write_whole', 'write_json', 'own_name', 'write_backbone', 'plain_weights', 'write_or_remove', 'trace', 'compare', 'first_difference', 'nano_policy', 'load_policy']
import copy, json, math, os, re, sys, warnings
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import UnionType
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from fastcore.basics import patch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import SmolVLMConfig
from ..files import sync
from ..data.writer import JOINTS
from smolvla.model.processing import ENDS, PREFIX, Processor, is_hub_id, load_tokenizer, parse_camera_map, refuse_lfs_pointer, stats_prefixes
from .vlm import ASSETS, build_vlm, embed_images, join_prefix, keep_layers, load_vlm, nano_tokenizer, nano_vlm, positions, prefix_forward, prefix_mask, tokens_per_image
from .flow import LOSS_VERSIONS, flow_loss, integrate, make_u_t, make_x_t, masked_mean, sample_time, sinusoidal_time, solver_times
from .masks import prefix_blocks, suffix_blocks
from .expert import Expert, SuffixRunner, append_token, as_input, build_expert, expert_widths, joint_forward

def _feature(kind, *shape):
    ...

@dataclass
class SmolVLAConfig:
    """Every field of LeRobot's `config.json` in its order, then ours, which are written only when they differ from LeRobot's behaviour."""
    n_obs_steps: int = 1
    input_features: dict = field(default_factory=dict)
    output_features: dict = field(default_factory=dict)
    device: str | None = 'cpu'
    use_amp: bool = False
    use_peft: bool = False
    push_to_hub: bool = False
    repo_id: str | None = None
    private: bool | None = None
    tags: list | None = None
    license: str | None = None
    pretrained_path: str | None = None
    chunk_size: int = 50
    n_action_steps: int = 50
    normalization_mapping: dict = field(default_factory=lambda: dict(VISUAL='IDENTITY', STATE='MEAN_STD', ACTION='MEAN_STD'))
    max_state_dim: int = 32
    max_action_dim: int = 32
    resize_imgs_with_padding: tuple | None = (512, 512)
    empty_cameras: int = 0
    adapt_to_pi_aloha: bool = False
    use_delta_joint_actions_aloha: bool = False
    tokenizer_max_length: int = 48
    num_steps: int = 10
    use_cache: bool = True
    freeze_vision_encoder: bool = True
    train_expert_only: bool = True
    train_state_proj: bool = True
    optimizer_lr: float = 0.0001
    optimizer_betas: tuple = (0.9, 0.95)
    optimizer_eps: float = 1e-08
    optimizer_weight_decay: float = 1e-10
    optimizer_grad_clip_norm: float = 10
    scheduler_warmup_steps: int = 1000
    scheduler_decay_steps: int = 30000
    scheduler_decay_lr: float = 2.5e-06
    vlm_model_name: str = 'HuggingFaceTB/SmolVLM2-500M-Video-Instruct'
    load_vlm_weights: bool = False
    add_image_special_tokens: bool = False
    attention_mode: str = 'cross_attn'
    prefix_length: int = -1
    pad_language_to: str = 'longest'
    num_expert_layers: int = -1
    num_vlm_layers: int = 16
    self_attn_every_n_layers: int = 2
    expert_width_multiplier: float = 0.75
    min_period: float = 0.004
    max_period: float = 4.0
    rtc_config: dict | None = None
    compile_model: bool = False
    compile_mode: str = 'max-autotune'
    pretrained_revision: str | None = None
    objective: str = 'flow'
    causal_actions: bool = True
    state_in: str = 'prefix'
    skip_every_second_layer: bool = False
    loss_version: str = '2026-04'
    extra: dict = field(default_factory=dict)

    def __post_init__(self):
        ...

    def mistyped(self) -> list[str]:
        """Fields of the wrong type; those that are only kept for LeRobot may be anything."""
        ...

    def misshaped(self) -> list[str]:
        """Features that are not {name: {type, shape}}, and scales that nobody knows."""
        ...

    def out_of_range(self) -> list[str]:
        """Numbers that no policy can have."""
        ...

    def clashes(self) -> list[str]:
        """Values that do not go together."""
        ...

    def problems(self) -> list[str]:
        """Contradictions, each with what to change."""
        ...

    @property
    def image_keys(self) -> list[str]:
        ...

    @property
    def action_dim(self) -> int:
        ...

    @property
    def state_dim(self) -> int | None:
        ...

    @property
    def needs_stats(self) -> bool:
        """Is anything scaled with numbers from the data?"""
        ...

    def to_dict(self) -> dict:
        """What goes into `config.json`."""
        ...

    @classmethod
    def from_dict(cls, d: dict):
        """Read LeRobot's `config.json`; `ValueError` for another type of policy, and see `_refuse_extra`"""
        ...

    def notes(self) -> list[str]:
        """What is in the file and not used, where that could surprise."""
        ...
OURS = dict(pretrained_revision=None, objective='flow', causal_actions=True, state_in='prefix', skip_every_second_layer=False, loss_version='2026-04')
IGNORED = 'device use_amp use_peft push_to_hub repo_id private tags license pretrained_path\nuse_cache load_vlm_weights prefix_length rtc_config compile_model compile_mode pretrained_revision\noptimizer_lr optimizer_betas optimizer_eps optimizer_weight_decay optimizer_grad_clip_norm\nscheduler_warmup_steps scheduler_decay_steps scheduler_decay_lr'.split()

def _fits(value, kind) -> bool:
    """Is this JSON value of that type? An int will do for a float, a bool for nothing but a bool."""
    ...

def _in_range(value, low, high) -> bool:
    ...

def _shown(value) -> str:
    ...
LIMITS = dict(chunk_size=65536, n_action_steps=65536, num_steps=10000, max_state_dim=65536, max_action_dim=65536, tokenizer_max_length=65536)
RELATIVE = re.compile('relative|delta', re.I)

def _refuse_extra(extra: dict, free: set):
    """`ValueError` for an unknown field that must not be passed over."""
    ...
SIGLIP = dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, image_size=512, patch_size=16)
SO400M = dict(hidden_size=1152, intermediate_size=4304, num_hidden_layers=27, num_attention_heads=16, image_size=384, patch_size=14)

def _text(hidden, mlp, layers, heads, kv_heads):
    ...
BACKBONES = {'HuggingFaceTB/SmolVLM2-256M-Video-Instruct': dict(vision_config=SIGLIP, text_config=_text(576, 1536, 30, 9, 3), scale_factor=4), 'HuggingFaceTB/SmolVLM2-500M-Video-Instruct': dict(vision_config=SIGLIP, text_config=_text(960, 2560, 32, 15, 5), scale_factor=4), 'HuggingFaceTB/SmolVLM2-2.2B-Instruct': dict(vision_config=SO400M, text_config=_text(2048, 8192, 24, 32, 32), scale_factor=3)}

def _cameras(size, *names):
    ...
_full = dict(input_features={'observation.state': _feature('STATE', 6), **_cameras(256, 'camera1', 'camera2', 'camera3')}, output_features={'action': _feature('ACTION', 6)}, pad_language_to='max_length', load_vlm_weights=True)
PRESETS = {'nano': dict(input_features={**_cameras(128, 'overhead', 'wrist'), 'observation.state': _feature('STATE', 6)}, output_features={'action': _feature('ACTION', 6)}, chunk_size=32, n_action_steps=24, resize_imgs_with_padding=(128, 128), tokenizer_max_length=24, pad_language_to='max_length', vlm_model_name='vlm', num_vlm_layers=4), 'smolvla_0.24b': dict(_full, vlm_model_name='HuggingFaceTB/SmolVLM2-256M-Video-Instruct'), 'smolvla_0.45b': dict(_full), 'smolvla_2.25b': dict(_full, vlm_model_name='HuggingFaceTB/SmolVLM2-2.2B-Instruct', resize_imgs_with_padding=(384, 384))}

def preset(name: str, **changes) -> SmolVLAConfig:
    """A config by name. A shorter `chunk_size` also shortens `n_action_steps`, unless you set that too."""
    ...

@dataclass
class PrefixKV:
    """Keys (after RoPE) and values of images and language in every VLM layer: all the expert ever needs of them."""
    kv: list
    pad_mask: Tensor

    def packed(self) -> Tensor:
        """The layout for disk: a random sample is one contiguous read."""
        ...

    @classmethod
    def unpack(cls, packed: Tensor, pad_mask: Tensor, kv_heads: int):
        """Views into the packed block; nothing is copied."""
        ...

class VLMWithExpert(nn.Module):
    """Two towers under one roof, named as LeRobot names them."""

    def __init__(self, vlm: nn.Module, expert: Expert):
        ...

class FlowModel(nn.Module):
    """The towers and the five projections between the robot's numbers and theirs."""

    def __init__(self, c: SmolVLAConfig, vlm: nn.Module, expert: Expert):
        ...

@dataclass
class Pipelines:
    """What the processor files of a checkpoint say."""
    stats: dict = field(default_factory=dict)
    renames: dict = field(default_factory=dict)
    camera_map: dict | None = None
    norm_map: dict = field(default_factory=dict)
    eps: float = 1e-08
    steps: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def keep_step(self, path: Path, at: int, name: str, step: dict):
        """A step that we do not know; `ValueError` when it changes actions."""
        ...

    def take_scale(self, path: Path, config: dict, step: dict):
        """How one of the two files scales numbers, and with which."""
        ...

    def take_renames(self, renames: dict, slots: list, left_out: dict):
        """Cameras one way, everything else the other."""
        ...

class SmolVLA(nn.Module):
    """Images, a sentence and joint angles in; a chunk of actions out."""
    runner_class = SuffixRunner

    def __init__(self, config: SmolVLAConfig, vlm: nn.Module, tokenizer=None, stats: dict | None=None, stats_prefix: str | None=None, camera_map: dict | str | None=None, joint_names: list | None=None):
        ...

    @property
    def vlm(self):
        ...

    @property
    def expert(self):
        ...

    @property
    def device(self):
        ...

    def freeze(self):
        """Decide what learns: by default the expert and the projections only."""
        ...

    @property
    def frozen(self) -> bool:
        """Does nothing in the VLM learn?"""
        ...

    def train(self, mode: bool=True):
        """As `nn.Module.train`, but a frozen VLM stays in eval mode."""
        ...

    def use_stats(self, stats: dict, stats_prefix: str | None=None, camera_map: dict | str | None=None, joint_names: list | None=None):
        """Set the statistics (and cameras) between robot units and the network's, or `ValueError`."""
        ...

    def preprocess(self, observation: dict) -> dict:
        """The one way from the world to the network; `ValueError` for wrong names, shapes, units or missing statistics."""
        ...

    def look(self, images: Tensor) -> Tensor:
        """The vision tower, in its own dtype."""
        ...

    def embed_inputs(self, batch: dict, seen: Tensor | None=None) -> tuple[Tensor, Tensor]:
        """Pictures and words in the VLM's language."""
        ...

    def prefix_kv(self, batch: dict, seen: Tensor | None=None) -> PrefixKV:
        """Run images and language through the VLM once. Save it, and training needs the VLM no more."""
        ...

    def state_token(self, batch: dict) -> Tensor:
        """The joint angles as one token."""
        ...

    def embed_suffix(self, batch: dict, x_t: Tensor, time: Tensor) -> Tensor:
        """Noisy actions, each told the time."""
        ...

    def read_out(self, h: Tensor) -> Tensor:
        """One velocity per action token."""
        ...

    def runner(self, batch: dict, prefix: PrefixKV) -> SuffixRunner:
        """The expert, ready for any number of noisy chunks on this observation."""
        ...

    def split_forward(self, batch: dict, x_t: Tensor, time: Tensor, prefix: PrefixKV | None=None) -> Tensor:
        """Prefix once, then the state token, then the suffix: no gradient ever enters the frozen prefix."""
        ...

    def joint_forward(self, batch: dict, x_t: Tensor, time: Tensor, hidden: list | None=None) -> Tensor:
        """Prefix and suffix through the layers together, as in the paper's figure."""
        ...

    def velocity(self, batch: dict, x_t: Tensor, time: Tensor, prefix: PrefixKV | None=None) -> Tensor:
        """Where the chunk should move at time `t`: the network itself. Differentiable."""
        ...

    def query(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """What the regression objective asks instead of noise: always the same question, whose answer is the chunk."""
        ...

    def loss(self, batch: dict, noise: Tensor | None=None, time: Tensor | None=None, reduction: str='mean', prefix: PrefixKV | None=None) -> Tensor:
        """How wrong the velocity is, on average; with `objective='regression'`, how wrong the chunk is (L1)."""
        ...

    def forward(self, batch: dict, **kwargs) -> Tensor:
        """The loss, so that `policy(batch)` works as torch's and LeRobot's users expect."""
        ...

    def sample_actions(self, batch: dict, noise: Tensor | None=None, num_steps: int | None=None, prefix: PrefixKV | None=None, method: str='euler', guide=None) -> Tensor:
        """Draw one chunk per observation: from noise at t=1 along the velocity to t=0."""
        ...

    def reset(self):
        """Forget the actions that are still waiting: call it when an episode starts."""
        ...

    def select_action(self, observation: dict) -> Tensor:
        """The next action; a new chunk is sampled only when the queue is empty, so the other observations are not even looked at."""
        ...

    def predict_chunk(self, observation: dict, noise: Tensor | None=None, num_steps: int | None=None) -> Tensor:
        """All actions of one chunk; the queue plays no part."""
        ...

    @classmethod
    def new(cls, config: SmolVLAConfig | str='nano', stats: dict | None=None, vlm: nn.Module | None=None, tokenizer=None, camera_map: dict | None=None, joint_names: list | None=None, **changes):
        """A policy with a pretrained VLM and a fresh expert."""
        ...

    @classmethod
    def without_weights(cls, config: SmolVLAConfig, vlm_config: SmolVLMConfig, tokenizer=None):
        """A policy on the `meta` device."""
        ...

    def load_weights(self, weights: dict, report: LoadReport, dtype: torch.dtype | None=torch.float32):
        """Put tensors into a model that may still be without memory; `ValueError` unless they fit exactly."""
        ...

    def use_files(self, found: Pipelines, names: list | None, stats: dict | None, stats_prefix: str | None, camera_map: dict | str | None, notes: list):
        """Take statistics, cameras and names from a checkpoint."""
        ...

    @classmethod
    def from_parts(cls, places: list[Path], config: SmolVLAConfig, weights: dict, report: LoadReport, dtype: torch.dtype | None, backbone: Path | None=None):
        """The policy without its statistics; `ValueError` when config, VLM and weights do not make one."""
        ...

    @classmethod
    def from_pretrained(cls, source: str | Path, dtype: torch.dtype | None=torch.float32, stats_prefix: str | None=None, camera_map: dict | str | None=None, quiet: bool=False, stats: dict | None=None, base: str | Path | None=None, **changes):
        """Load a policy: strict, with a printed report. `FileNotFoundError` or `ValueError` say what is wrong and what to do."""
        ...

    def processor_files(self) -> dict:
        """What LeRobot calls the pre- and the post-processor."""
        ...

    def flat_stats(self) -> dict:
        """The statistics in use, under plain names."""
        ...

    def write_processors(self, folder: Path):
        """Statistics, cameras and names. Of an earlier policy in this folder nothing stays."""
        ...

    def save_pretrained(self, folder: str | Path, dtype: torch.dtype | None=torch.float32):
        """Write LeRobot's folder, file for file; a VLM without a hub id comes along in its own folder."""
        ...

    def fast(self, compute_dtype: str='auto', eight_bits: bool=False, num_steps: int | None=None):
        """A frozen copy for acting. Its `choice` says which format and engine were taken, and why."""
        ...

def name_joints(names: list | dict | None, count: int | None) -> list | None:
    """What to call the state's values; `ValueError` when there are more or fewer names than values."""
    ...

def check_width(key: str, stats: dict | None, features: dict):
    """`ValueError` when statistics and config speak of different robots."""
    ...
SPECIALS = ('<fake_token_around_image>', '<global-img>')

def whole_weight(m: nn.Module) -> Tensor:
    """The matrix that a linear layer works with, a low-rank adapter (LoRA, chapter 08) included."""
    ...

class Denoiser:
    """The velocity field of one observation, with everything that the solver's steps share computed once."""

    def __init__(self, policy: SmolVLA, batch: dict, prefix: PrefixKV, times: list[float]):
        ...

    def __call__(self, x_t: Tensor, t: float) -> Tensor:
        ...

@dataclass
class LoadReport:
    """What a checkpoint held and what became of it."""
    source: str
    loaded: int = 0
    missing: list = field(default_factory=list)
    unexpected: list = field(default_factory=list)
    shapes: list = field(default_factory=list)
    dropped: list = field(default_factory=list)
    dtypes: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)

    def __repr__(self):
        ...

    def check(self):
        """`ValueError` unless every tensor found its place."""
        ...
LEGACY = re.compile('^(normalize_inputs|unnormalize_outputs|normalize_targets)\\.')
GROUPS = {'vision': 'vlm.model.vision_model', 'connector': 'vlm.model.connector', 'text': 'vlm.model.text_model', 'lm_head': 'vlm.lm_head', 'expert': 'lm_expert'}

def clean_keys(tensors: dict) -> tuple[dict, dict]:
    """Undo what `torch.compile` does to names, and set aside the statistics that old checkpoints kept among the weights."""
    ...

def group_dtypes(tensors: dict) -> dict:
    """Count dtypes per part of the model."""
    ...

def read_json(path: Path) -> dict | list:
    """A JSON file, or one message."""
    ...

def read_tensors(path: Path) -> dict:
    """A safetensors file, or one message; pickles are refused."""
    ...

def _stays(name) -> bool:
    """Is this the name of something below a folder?"""
    ...

def inside(folder: Path, name: str, what: str) -> Path:
    """The path of a name in a folder; `ValueError` for one that leads out of it, links included."""
    ...

def checkpoint_folder(source: str | Path) -> Path:
    """The folder itself, or a hub snapshot of the files we read."""
    ...
WEIGHTS, ADAPTER = ('model.safetensors', 'adapter_config.json')

def _is_policy(folder):
    ...

def resolve_checkpoint(source: str | Path) -> Path:
    """Where the policy is that a name stands for; `FileNotFoundError` when there is none."""
    ...
VLM_LIMITS = dict(hidden_size=65536, intermediate_size=2 ** 20, num_hidden_layers=1000, num_attention_heads=1024, num_key_value_heads=1024, head_dim=4096, vocab_size=2 ** 22, max_position_embeddings=2 ** 24, image_size=8192, patch_size=1024, num_channels=16)

def vlm_problems(d: dict) -> list[str]:
    """What no VLM of this family can be: looked at before transformers builds anything."""
    ...

def read_vlm_config(folder: Path) -> SmolVLMConfig:
    """The VLM's config, or one message."""
    ...
EMBEDDING = 'model.vlm_with_expert.vlm.model.text_model.embed_tokens.weight'

def stray_backbone(name: str, weights: dict, came_from: str | None) -> tuple[Path | None, str]:
    """The VLM's folder when it was left behind."""
    ...

def find_backbone(places: list[Path], name: str, weights: dict, came_from: str | None, notes: list) -> tuple[SmolVLMConfig, Path | str]:
    """The VLM's config: the checkpoint's own, a known backbone, the hub's, or where it came from."""
    ...

def find_tokenizer(places: list[Path], home: Path | str, rows: int, notes: list):
    """The tokenizer, or None when only the hub has it; `FileNotFoundError` when it should be here."""
    ...
STATS_FILES = dict(policy_preprocessor='policy_preprocessor_step_5_normalizer_processor.safetensors', policy_postprocessor='policy_postprocessor_step_0_unnormalizer_processor.safetensors')
JOINTS_FILE, CAMERAS_FILE = ('joint_names.json', 'camera_map.json')
STEPS = dict(rename_observations_processor='RenameObservationsProcessorStep', to_batch_processor='AddBatchDimensionProcessorStep', smolvla_new_line_processor='NewLineTaskProcessorStep', tokenizer_processor='TokenizerProcessorStep', device_processor='DeviceProcessorStep', normalizer_processor='NormalizerProcessorStep', unnormalizer_processor='UnnormalizerProcessorStep')

def read_steps(path: Path) -> list[tuple[str, dict, dict]]:
    """The steps of a processor file, none without the file; `ValueError` when it is something else."""
    ...

def step_tensors(path: Path, step: dict) -> dict:
    """The tensors of a step."""
    ...

def _names(path, renames):
    """A `rename_map`, or one message."""
    ...

def read_processors(folder: Path, legacy: dict, slots: list=()) -> Pipelines:
    """Statistics, scales and renamings, whatever the number of the step that holds them."""
    ...

def base_name(folder: Path) -> str | None:
    """Which policy an adapter belongs to, as its files say."""
    ...

def checkpoint_places(source: str | Path, base: str | Path | None=None) -> list[Path]:
    """The folders that make up a policy."""
    ...
ADAPTERS = ('LORA', 'ADALORA', 'LOHA', 'LOKR', 'IA3', 'OFT', 'HRA', 'VERA', 'FOURIERFT', 'LN_TUNING')
REWRITERS = 'pissa|olora|corda|loftq|lora_ga'

def check_adapter(c: dict, folder: Path):
    """`ValueError` for what cannot be merged, what changes the base, and numbers that are none."""
    ...

def _mild(pattern) -> bool:
    """Regular expressions that cannot take for ever, and numbers."""
    ...

def read_adapter(folder: Path) -> dict:
    """What an adapter holds."""
    ...

def changed_layers(policy: torch.nn.Module, tensors: dict) -> list:
    """The layers that the tensors belong to: no pattern has to be searched for."""
    ...

def adapter_settings(folder: Path, policy: torch.nn.Module, tensors: dict):
    """How the tensors are to be put into the base."""
    ...

def put_adapter(folder: Path, policy: torch.nn.Module) -> torch.nn.Module:
    """Wrap the base; `ValueError` when the two do not belong together."""
    ...

def merge_adapter(policy: SmolVLA, folder: Path, notes: list):
    """Add an adapter to its base, in float32 whatever the base has."""
    ...

@contextmanager
def blaming_base(places: list[Path]):
    """What is wrong with the base of an adapter may be that it is another's."""
    ...
LAYER = re.compile('(vision_model\\.encoder|text_model|lm_expert)\\.layers\\.(\\d{1,6})\\.')

def depths(weights: dict) -> dict:
    """How many layers each tower has in the file; `ValueError` when one is left out."""
    ...

def fit_width(c: SmolVLAConfig, width: int, hidden: int, notes: list):
    """The expert is as wide as in the file."""
    ...

def fit_to_file(c: SmolVLAConfig, weights: dict, vlm_config: SmolVLMConfig, notes: list):
    """Depth and width are what the file holds, whatever the config says."""
    ...

def check_eyes(c: SmolVLAConfig, weights: dict, vision):
    """`ValueError` when the VLM's config.json speaks of another vision tower."""
    ...

def only_prefix(stats: dict, notes: list) -> str | None:
    """The one robot whose statistics are there; `ValueError` with a list when there are several."""
    ...

def adopt_scales(c: SmolVLAConfig, norm_map: dict, notes: list):
    """LeRobot scales as the processor files say, so they win over config.json."""
    ...

def read_config(places: list[Path], changes: dict) -> SmolVLAConfig:
    """The config of a checkpoint; an adapter may leave it to its base."""
    ...

def read_weights(places: list[Path]) -> tuple[dict, dict]:
    """The weights of a checkpoint; of an adapter, those of its base."""
    ...

def write_whole(path: Path, write):
    """Write beside the file, force it to the disk, rename: a full disk or a crash leaves the old file as it was."""
    ...

def write_json(path: Path, content: dict | list):
    """As `write_whole`."""
    ...

def own_name(name: str) -> str:
    """What a checkpoint calls its VLM: a folder elsewhere on this computer comes along as `vlm`."""
    ...

def write_backbone(folder: Path, vlm, tokenizer=None):
    """What `vlm_model_name` points to: config and tokenizer, and two files without which LeRobot's AutoProcessor will not start."""
    ...

def plain_weights(policy: SmolVLA) -> dict:
    """The weights as a checkpoint holds them, adapters added in."""
    ...

def write_or_remove(path: Path, content: dict | list | None):
    """A small file of ours that is only there when it says something."""
    ...

@torch.no_grad()
def trace(policy: SmolVLA, batch: dict, noise: Tensor, time: Tensor) -> dict:
    """Everything that flows through the model, from pictures to chunk, by name."""
    ...
PREFIX_ROWS = re.compile('prefix\\.embs|sample\\.kv|train\\.hidden_in\\.vlm|train\\.out\\.vlm')

def compare(ours: dict, theirs: dict) -> dict:
    """How far two models are apart at every place; padded prefix rows do not count, nobody reads them."""
    ...

def first_difference(ours: dict, theirs: dict, atol: float=3e-05) -> str | None:
    """The first place where two models part."""
    ...

def nano_policy(quiet: bool=True) -> SmolVLA:
    """The policy shipped with the package: nano size, trained in the twin."""
    ...
DTYPES = dict(float32=torch.float32, bfloat16=torch.bfloat16, float16=torch.float16, file=None)

def load_policy(source='nano', stats_prefix: str | None=None, camera_map: dict | str | None=None, dtype: torch.dtype | str | None=torch.float32, stats: dict | None=None, base: str | Path | None=None, quiet: bool=False, **changes) -> SmolVLA:
    """The policy that a name stands for; `FileNotFoundError` or `ValueError` say what to do."""
    ...
