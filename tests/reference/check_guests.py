"""Runs under LeRobot 0.6.1 (see setup.sh): reads the columns that ours copies without serving them, depth films and annotations; prints a line of JSON per set.
Older LeRobots know neither; then it prints {"skipped": VERSION}.

python check_guests.py ROOT ...   ->  {"depth": [mean of every frame's depth], "words": [annotations of every frame]}
"""
import json, os, sys
os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
from importlib.metadata import version

if __name__ == "__main__":
    if tuple(map(int, version("lerobot").split(".")[:2])) < (0, 6): sys.exit(print(json.dumps({"skipped": version("lerobot")})))
    from lerobot.datasets.lerobot_dataset import LeRobotDataset
    for root in sys.argv[1:]:
        ds = LeRobotDataset("local/set", root=root)
        rows = [ds[i] for i in range(len(ds))]
        print(json.dumps({"depth": [float(r["observation.images.depth"].float().mean()) for r in rows], "words": [r["language_persistent"] for r in rows]}))
