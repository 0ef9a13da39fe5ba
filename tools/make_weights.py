"""Makes the shipped weights: demonstrations, the nano VLM, the nano policy. Resumable: run it again after any interruption.

    .venv/bin/python tools/make_weights.py --work outputs/weights            # all of it, about two hours on two cores
    .venv/bin/python tools/make_weights.py --work outputs/weights --install  # and put the result into smolvla/assets/
"""
import json, shutil, subprocess, sys
from pathlib import Path

from fastcore.script import call_parse

ASSETS = Path(__file__).parent.parent/"smolvla"/"assets"
TASKS = {"pick_place": (240, 1.5), "sorting": (100, 1.5), "stacking": (120, 1.0), "pick_place_lego": (100, 1.5)}  # episodes, disturbance in degrees


def command(name, *args):
    "One of the package's commands, as a person would run it; stops here if it fails."
    print("$", name, *args, flush=True)
    subprocess.run([str(Path(sys.executable).parent/name), *map(str, args)], check=True)


def install_vlm(made):
    for name in ("model.safetensors", "pointing.safetensors", "config.json"): shutil.copyfile(made/"nano_vlm"/name, ASSETS/"nano_vlm"/name)
    shutil.copyfile(made/"metrics.jsonl", ASSETS/"nano_vlm"/"pretraining.jsonl")


def install_policy(run):
    "The averaged weights in half precision: small enough to ship, and exact for the frozen bfloat16 half."
    import torch
    from smolvla.policy import SmolVLA
    SmolVLA.from_pretrained(run/"policy", quiet=True).save_pretrained(ASSETS/"nano_policy", dtype=torch.float16)
    made = json.loads((run/"config.json").read_text())["made_with"]
    (ASSETS/"nano_policy"/"made_with.json").write_text(json.dumps(made, indent=1))


@call_parse
def main(
    work: str = "outputs/weights",  # everything made on the way: 7 GB with the prefix cache
    ground_minutes: float = 50.,  # pre-training of the VLM
    policy_minutes: float = 27.,  # training of the expert
    install: bool = False,  # put the results into smolvla/assets/
):
    "Record, pre-train, train."
    work = Path(work)
    for task, (episodes, noise) in TASKS.items():
        command("smolvla_record", "--task", task, "--episodes", episodes, "--root", work/task, "--noise", noise, "--workers", 2)
    demos = ",".join(str(work/t) for t in TASKS)
    command("smolvla_ground", "--out", work/"ground", "--scenes", work/"scenes", "--demos", demos, "--minutes", ground_minutes)
    if install: install_vlm(work/"ground")
    run = work/"policy"
    how = ["--resume", run] if (run/"checkpoints").is_dir() else ["--recipe", "nano_policy", "--data", demos, "--out", run, "--vlm", work/"ground"/"nano_vlm", "--minutes", policy_minutes]
    command("smolvla_train", *how)
    if install: install_policy(run)
