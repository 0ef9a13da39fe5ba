"""Runs under the reference environment (see setup.sh): the real LeRobot, place by place, at any size.

python check_ladder.py FOLDER INPUT.safetensors OUTPUT.safetensors
INPUT: images (B,N,3,H,W) in [-1,1], tokens (B,L), state, noise and action (B,H,32), time (B,). All cameras are there, no token is padding.
OUTPUT: prefix, masks, position ids, every layer's keys and values, velocity, loss, chunk, and what one optimiser step of LeRobot's preset makes:
`grad.NAME` and `after.NAME` of every trainable tensor.
"""
import inspect, os, sys
import torch
import check_policy  # environment variables and the two missing operator schemas

def prefix_cache(m, mask, where, embs):
    "Every layer's keys and values, (B, token, head, dim), as 0.4.4 and 0.6.1 keep them."
    args = dict(attention_mask=mask, position_ids=where, past_key_values=None, inputs_embeds=[embs, None], use_cache=True)
    if "fill_kv_cache" in inspect.signature(m.vlm_with_expert.forward).parameters:
        kv = m.vlm_with_expert.forward(**args, fill_kv_cache=True)[1]
        return kv, {i: (layer["key_states"], layer["value_states"]) for i, layer in kv.items()}
    kv = m.vlm_with_expert.forward(**args)[1]
    return kv, {i: (layer.keys.transpose(1, 2), layer.values.transpose(1, 2)) for i, layer in enumerate(kv.layers)}

def main(folder, inputs, output):
    from safetensors.torch import load_file, save_file
    from lerobot.policies.smolvla.modeling_smolvla import SmolVLAPolicy, make_att_2d_masks
    check_policy.patch_positions()
    x = load_file(inputs); B = len(x["state"])
    os.chdir(folder)
    policy = SmolVLAPolicy.from_pretrained(".", strict=True).float()
    m, images, yes = policy.model, list(x["images"].unbind(1)), torch.ones(B, dtype=torch.bool)
    args = images, [yes]*len(images), x["tokens"], torch.ones_like(x["tokens"], dtype=torch.bool)
    out = {}
    with torch.no_grad():
        embs, pad, att = m.embed_prefix(*args, state=x["state"])
        mask, where = make_att_2d_masks(pad, att), torch.cumsum(pad, 1) - 1
        kv, layers = prefix_cache(m, mask, where, embs)
        out |= {"prefix.embs": embs, "prefix.pad_mask": pad, "sample.prefix_att_2d_mask": mask, "sample.prefix_position_ids": where}
        for i, (key, value) in layers.items(): out |= {f"sample.kv.{i}.key": key.clone(), f"sample.kv.{i}.value": value.clone()}
        x_t = x["time"][:, None, None]*x["noise"] + (1 - x["time"][:, None, None])*x["action"]
        out["train.v_t"] = m.denoise_step(x_t=x_t, prefix_pad_masks=pad, past_key_values=kv, timestep=x["time"])
        out["sample.chunk"] = m.sample_actions(*args, x["state"], noise=x["noise"])[..., :6]
    policy.train()
    trained = {n: p for n, p in policy.named_parameters() if p.requires_grad}
    loss = m.forward(*args, x["state"], x["action"], x["noise"], x["time"]).mean(); loss.backward()
    out |= {"train.loss": loss.detach(), **{f"grad.{n}": p.grad.clone() for n, p in trained.items()}}
    torch.nn.utils.clip_grad_norm_(trained.values(), 10.)
    torch.optim.AdamW(trained.values(), lr=1e-4, betas=(.9, .95), eps=1e-8, weight_decay=1e-10).step()
    save_file({k: v.contiguous() for k, v in out.items()} | {f"after.{n}": p.detach() for n, p in trained.items()}, output)

if __name__ == "__main__": main(*map(os.path.abspath, sys.argv[1:]))
