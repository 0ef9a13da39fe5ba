"Shared pieces: the reference case of LeRobot 0.4.4, a tiny SmolVLA with random weights, and a small data set to train on."
from functools import cache
from pathlib import Path
import numpy as np, pytest, torch
from safetensors.torch import load_file
from transformers import SmolVLMConfig
from smolvla.data.writer import DatasetWriter, so101_features
from smolvla.model.policy import SmolVLA, SmolVLAConfig
from smolvla.model.vlm import build_vlm, nano_tokenizer

REFERENCE = Path(__file__).parent/"reference_data"

@cache
def reference(name="ref"): return load_file(REFERENCE/f"{name}.safetensors")

def reference_policy(**changes): return SmolVLA.from_pretrained(REFERENCE, quiet=True, **changes)

def reference_observation():
    r = reference()
    return {"observation.images.camera1": r["raw.camera1_u8"], "observation.images.camera2": r["raw.camera2_u8"],
            "observation.images.camera2_padding_mask": r["in.image_mask.1"], "observation.state": r["raw.state"],
            "task": ["pick up the cube", "stack"], "action": r["raw.action"], "action_is_pad": r["in.action_is_pad"]}

STATS = {"observation.state": dict(mean=[1., 2, 3], std=[2., 2, 2]), "action": dict(mean=[0., 1, 2], std=[3., 3, 3])}

def tiny_config(**changes):
    features = {"observation.state": dict(type="STATE", shape=[3]), "observation.images.a": dict(type="VISUAL", shape=[3, 32, 32]),
                "observation.images.b": dict(type="VISUAL", shape=[3, 32, 32])}
    return SmolVLAConfig(**{**dict(input_features=features, output_features={"action": dict(type="ACTION", shape=[3])}, chunk_size=8, n_action_steps=3,
                                   resize_imgs_with_padding=(32, 32), tokenizer_max_length=12, pad_language_to="max_length", vlm_model_name="vlm",
                                   num_vlm_layers=4, num_steps=3), **changes})

def tiny_vlm_config(layers=4):
    vision = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2, image_size=32, patch_size=8)
    text = dict(model_type="llama", hidden_size=24, intermediate_size=40, num_hidden_layers=layers, num_attention_heads=4, num_key_value_heads=2, head_dim=8,
                vocab_size=len(nano_tokenizer()), rms_norm_eps=1e-5, pad_token_id=0, tie_word_embeddings=False)
    return SmolVLMConfig(vision_config=vision, text_config=text, scale_factor=2, tie_word_embeddings=False)

def tiny_policy(seed=0, layers=4, **changes):
    "Weights large enough that every part matters."
    torch.manual_seed(seed)
    policy = SmolVLA.new(tiny_config(**changes), STATS, build_vlm(tiny_vlm_config(layers)), nano_tokenizer())
    with torch.no_grad():
        for p in policy.parameters():
            if p.ndim > 1: p.normal_(std=p.shape[-1]**-0.5)
    return policy

def tiny_observation(B=3, seed=0, chunk=8):
    g = torch.Generator().manual_seed(seed)
    return {"observation.images.a": torch.randint(0, 256, (B, 32, 32, 3), dtype=torch.uint8, generator=g), "observation.images.b": torch.rand(B, 3, 24, 40, generator=g),
            "observation.images.b_padding_mask": torch.arange(B) > 0, "observation.state": torch.randn(B, 3, generator=g),
            "task": ["put the red cube in the left box", "stack", "sort the cubes"][:B], "action": torch.randn(B, chunk, 3, generator=g),
            "action_is_pad": torch.arange(chunk) >= torch.tensor([[chunk], [chunk - 3], [1]])[:B]}

# training

SIZE = 32
CAMS = ("overhead", "wrist")

def write_set(root, episodes=3, frames=12, seed=0, cams=CAMS, fps=30, scale=1.0):
    rng = np.random.default_rng(seed)
    with DatasetWriter(root, fps=fps, features=so101_features({c: (SIZE, SIZE) for c in cams})) as w:
        for e in range(episodes):
            goal = rng.normal(size=6).astype(np.float32) * 20
            for i in range(frames):
                img = np.full((SIZE, SIZE, 3), 30 * e + 60, np.uint8)
                q = goal * np.float32(i / frames * scale)
                w.add_frame({"observation.state": q, "action": q + np.float32(scale), **{f"observation.images.{c}": img for c in cams}}, task=f"put cube {e % 2} in the box")
            w.save_episode()
    return root

@pytest.fixture(scope="module")
def root(tmp_path_factory): return write_set(tmp_path_factory.mktemp("d") / "set")

@pytest.fixture(scope="module")
def data(root):
    from smolvla.train.data import TrainData
    return TrainData(root)

@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory): return tmp_path_factory.mktemp("cache")

@pytest.fixture(autouse=True)
def one_thread(): torch.set_num_threads(1)
