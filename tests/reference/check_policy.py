"""Runs under the reference environment (see setup.sh): loads a checkpoint with the real LeRobot and samples one chunk.

python check_policy.py FOLDER INPUT.safetensors OUTPUT.safetensors
INPUT: observation.images.<name> (B,H,W,3) uint8, observation.state (B,S), noise (B,H,32); its metadata holds the tasks, one per line.
OUTPUT: chunk (B,H,A) normalised, and in robot units.
"""
import os, sys
os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
import torch
import torchvision_ops

def patch_positions():
    "transformers 4.55 to 4.57 shift patch positions in float32; published weights were trained with 0..n-1. Version 5 does it right."
    import transformers
    if not transformers.__version__.startswith("4."): return
    from transformers.models.smolvlm.modeling_smolvlm import SmolVLMVisionEmbeddings as E
    E.forward = lambda self, pixel_values, patch_attention_mask: self.patch_embedding(pixel_values).flatten(2).transpose(1, 2) + self.position_embedding.weight

if __name__ == "__main__":
    from safetensors import safe_open
    from safetensors.torch import save_file
    from lerobot.policies.factory import make_pre_post_processors
    from lerobot.policies.smolvla.modeling_smolvla import SmolVLAPolicy
    folder, inputs, output = map(os.path.abspath, sys.argv[1:])
    patch_positions()
    with safe_open(inputs, "pt") as f: x, tasks = {k: f.get_tensor(k) for k in f.keys()}, f.metadata()["tasks"].split("\n")
    noise = x.pop("noise")
    os.chdir(folder)                                       # vlm_model_name is relative to it
    policy = SmolVLAPolicy.from_pretrained(".", strict=True)
    pre, post = make_pre_post_processors(policy.config, pretrained_path=".")
    obs = {k: v.permute(0, 3, 1, 2).float()/255 if "images" in k else v for k, v in x.items()}
    chunk = policy.predict_action_chunk(pre({**obs, "task": tasks}), noise=noise)
    save_file({"chunk": chunk.contiguous(), "chunk_unnormalized": post(chunk).contiguous()}, output)
