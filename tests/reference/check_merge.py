"""Runs under LeRobot 0.6.1 (see setup.sh): records a set with LeRobot itself, merges it with one of ours in LeRobot's own merge, prints JSON of what came out.
Older LeRobots have another merge; then it prints {"skipped": VERSION}.

python check_merge.py OURS FOLDER   ->  {"ours first": {"episodes": N, "tasks": [...], "actions": [...], "brightness": [...]}, "theirs first": {...}}
FOLDER/theirs is made, with the columns of OURS, by LeRobot, in H.264 (LeRobot merges films of one codec only); FOLDER/a and FOLDER/b are the merged sets.
"""
import json, os, sys
os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
from importlib.metadata import version
import numpy as np

def record(like, root):
    "Two episodes of 20 frames, as `lerobot-record` writes them."
    from lerobot.configs.video import RGBEncoderConfig
    from lerobot.datasets.lerobot_dataset import LeRobotDataset
    features = {k: {"dtype": f["dtype"], "shape": tuple(f["shape"]), "names": f["names"]} for k, f in like.meta.features.items() if "index" not in k and k != "timestamp"}
    ds = LeRobotDataset.create("local/theirs", like.fps, features, root=root, robot_type="so_follower", rgb_encoder=RGBEncoderConfig(vcodec="h264"))
    for e in range(2):
        for i in range(20):
            row = {k: np.full(f["shape"], e + i/10, f["dtype"]) if f["dtype"] != "video" else np.full(f["shape"], 40 + 5*i + 20*e, np.uint8) for k, f in features.items()}
            ds.add_frame({**row, "task": f"their task {e}"})
        ds.save_episode()
    ds.finalize()
    return LeRobotDataset("local/theirs", root=root)

def tell(ds):
    "What the merged set holds, read by LeRobot."
    samples, cameras = [ds[i] for i in range(len(ds))], ds.meta.camera_keys
    return {"episodes": ds.num_episodes, "tasks": [s["task"] for s in samples], "actions": [s["action"].tolist() for s in samples],
            "brightness": [[round(float(s[k].mean())*255, 1) for k in cameras] for s in samples]}

if __name__ == "__main__":
    ours, folder = sys.argv[1:]
    if tuple(map(int, version("lerobot").split(".")[:2])) < (0, 6): sys.exit(print(json.dumps({"skipped": version("lerobot")})))
    from lerobot.datasets.dataset_tools import merge_datasets
    from lerobot.datasets.lerobot_dataset import LeRobotDataset
    a = LeRobotDataset("local/ours", root=ours)
    b = record(a, f"{folder}/theirs")
    print(json.dumps({"ours first": tell(merge_datasets([a, b], "local/a", f"{folder}/a")), "theirs first": tell(merge_datasets([b, a], "local/b", f"{folder}/b"))}))
