"""Makes the shipped weights: demonstrations, the nano VLM, a first policy, corrections of its mistakes, the nano policy.
Resumable: run it again after any interruption.

    .venv/bin/python tools/make_weights.py --work outputs/weights            # all of it, about three and a half hours on two cores
    .venv/bin/python tools/make_weights.py --work outputs/weights --install  # and put the result into smolvla/assets/
    .venv/bin/python tools/make_weights.py --work outputs/try --share 0.01   # every stage, tiny, in some minutes
"""
import json, shutil, subprocess, sys
from pathlib import Path

from fastcore.script import call_parse

ASSETS = Path(__file__).parent.parent/"smolvla"/"assets"
TASKS = {  # demonstrations, disturbance of the executed commands in degrees, corrections
    "pick_place": (240, 1.5, 80), "sorting": (200, 1.5, 150), "stacking": (120, 1.0, 100), "pick_place_lego": (100, 1.5, 100)}


def command(name, *args):
    "One of the package's commands, as a person would run it; stops here if it fails."
    print("$", name, *args, flush=True)
    subprocess.run([str(Path(sys.executable).parent/name), *map(str, args)], check=True)


def train(run, data, vlm, minutes):
    "The recipe, or what is left of it."
    if (run/"policy").is_dir(): return
    if (run/"checkpoints").is_dir(): return command("smolvla_train", "--resume", run)
    command("smolvla_train", "--recipe", "nano_policy", "--data", data, "--out", run, "--vlm", vlm, "--cache", run.parent/"cache", "--minutes", minutes)


def install_vlm(made):
    for name in ("model.safetensors", "pointing.safetensors", "config.json"): shutil.copyfile(made/"nano_vlm"/name, ASSETS/"nano_vlm"/name)
    shutil.copyfile(made/"metrics.jsonl", ASSETS/"nano_vlm"/"pretraining.jsonl")


def install_policy(run):
    "The averaged weights in half precision: small enough to ship, and exact for the frozen bfloat16 half."
    import torch
    from smolvla.model.policy import SmolVLA
    SmolVLA.from_pretrained(run/"policy", quiet=True).save_pretrained(ASSETS/"nano_policy", dtype=torch.float16)
    made = json.loads((run/"config.json").read_text())["made_with"]
    (ASSETS/"nano_policy"/"made_with.json").write_text(json.dumps(made, indent=1))


@call_parse
def main(
    work: str = "outputs/weights",  # everything made on the way: 12 GB with the prefix caches
    ground_minutes: float = 50.,  # pre-training of the VLM
    first_minutes: float = 27.,  # training of the policy whose mistakes are corrected
    policy_minutes: float = 60.,  # training of the policy that is shipped
    share: float = 1.,  # of all episodes, scenes and minutes; 0.01 tries the script
    install: bool = False,  # put the results into smolvla/assets/
):
    "Record, pre-train, train, correct, train again."
    work, some = Path(work), lambda n: max(8, round(share*n))
    for task, (demos, noise, _) in TASKS.items():
        command("smolvla_record", "--task", task, "--episodes", some(demos), "--out", work/task, "--noise", noise)
    data = ",".join(str(work/t) for t in TASKS)
    vlm = work/"ground"/"nano_vlm"
    if not vlm.is_dir():
        command("smolvla_ground", "--out", work/"ground", "--scenes", work/"scenes", "--n", max(2000, round(share*30_000)), "--data", data, "--minutes", share*ground_minutes)
    train(work/"first", data, vlm, share*first_minutes)
    for task, (_, _, corrections) in TASKS.items():
        command("smolvla_correct", "--policy", work/"first", "--task", task, "--episodes", some(corrections), "--out", work/"corrections", "--noise", 1.0)
    train(work/"policy", f"{data},{work/'corrections'}", vlm, share*policy_minutes)
    if install: install_vlm(work/"ground"), install_policy(work/"policy")
