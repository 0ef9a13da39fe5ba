"""Runs under the reference environment (see setup.sh): reads a data set with the real LeRobot and prints JSON of what it sees.

python check_dataset.py ROOT CHUNK_SIZE INDEX [INDEX ...]  ->  {"frames": N, "episodes": N, "samples": [...], "stats": {...}}
"""
import json, os, sys
os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
import torch
lib = torch.library.Library("torchvision", "FRAGMENT")     # a CUDA torchvision beside a CPU torch never defines these two
for op in ("nms", "qnms"):
    try: lib.define(f"{op}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError: pass

def open_dataset(root, chunk_size, backend="pyav"):
    from lerobot.datasets.lerobot_dataset import LeRobotDataset, LeRobotDatasetMetadata
    fps = LeRobotDatasetMetadata("local/check", root=root).fps
    return LeRobotDataset("local/check", root=root, delta_timestamps={"action": [i/fps for i in range(chunk_size)]}, video_backend=backend)

if __name__ == "__main__":
    import av, numpy as np
    import lerobot.datasets.lerobot_dataset as L
    def decode(path, timestamps, tolerance_s, backend=None):       # torchvision dropped its video reader; nearest time stamp by PyAV
        with av.open(str(path)) as c:
            frames = [(float(f.pts*f.time_base), f) for f in c.decode(video=0)]
        out = []
        for t in timestamps:
            d, f = min(((abs(s - t), f) for s, f in frames), key=lambda x: x[0])
            assert d < tolerance_s, f"nearest frame is {d} s away"
            out.append(torch.from_numpy(f.to_ndarray(format="rgb24")).permute(2, 0, 1)/255)
        return torch.stack(out)
    if not os.environ.get("TORCHCODEC"): L.decode_video_frames = decode
    root, chunk_size, *indices = sys.argv[1:]
    ds = open_dataset(root, int(chunk_size), "torchcodec" if os.environ.get("TORCHCODEC") else "pyav")
    def sample(i):
        s = ds[i]
        return {k: v if isinstance(v, str) else v.tolist() if v.ndim < 3 else v.mul(255).round().mean((1, 2)).tolist() for k, v in s.items()}
    print(json.dumps({"frames": len(ds), "episodes": ds.num_episodes, "samples": [sample(int(i)) for i in indices],
                      "stats": {k: {s: np.asarray(v).tolist() for s, v in d.items()} for k, d in ds.meta.stats.items()}}))
