"""Runs under the reference environment (see setup.sh): reads a data set with the real LeRobot and prints JSON of what it sees.
Frames come through torchcodec if it can be imported (pip install torchcodec==0.13.0, FFmpeg libraries on LD_LIBRARY_PATH), else through PyAV.

python check_dataset.py ROOT CHUNK_SIZE INDEX [INDEX ...] [-- ROOT CHUNK_SIZE INDEX ...]  ->  a line for each set: {"frames": N, "episodes": N, "samples": [...], "stats": {...}}
"""
import json, os, sys
os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
import torch
import torchvision_ops

def open_dataset(root, chunk_size, backend="pyav"):
    from lerobot.datasets.lerobot_dataset import LeRobotDataset, LeRobotDatasetMetadata
    fps = LeRobotDatasetMetadata("local/check", root=root).fps
    return LeRobotDataset("local/check", root=root, delta_timestamps={"action": [i/fps for i in range(chunk_size)]}, video_backend=backend)

def decode_by_pyav(path, timestamps, tolerance_s, backend=None):
    "Stands in for LeRobot's decoder where torchcodec finds no FFmpeg (torchvision dropped its own): nearest time stamp, LeRobot's tolerance."
    import av
    with av.open(str(path)) as c: frames = [(float(f.pts*f.time_base), f) for f in c.decode(video=0)]
    out = []
    for t in timestamps:
        distance, f = min(((abs(s - t), f) for s, f in frames), key=lambda x: x[0])
        assert distance < tolerance_s, f"nearest frame is {distance} s away"
        out.append(torch.from_numpy(f.to_ndarray(format="rgb24")).permute(2, 0, 1)/255)
    return torch.stack(out)

if __name__ == "__main__":
    import numpy as np
    import lerobot.datasets.lerobot_dataset as L
    try:
        import torchcodec.decoders
        decoder = "torchcodec"
    except Exception:
        decoder = "pyav"
        if hasattr(L, "decode_video_frames"): L.decode_video_frames = decode_by_pyav     # 0.6.1 has PyAV built in
    def plain(v): return v if isinstance(v, str) else v.tolist() if v.ndim < 3 else v.mul(255).round().permute(1, 2, 0).int().tolist()
    for given in " ".join(sys.argv[1:]).split(" -- "):
        root, chunk_size, *indices = given.split()
        ds = open_dataset(root, int(chunk_size), decoder)
        samples = [{k: plain(v) for k, v in ds[int(i)].items()} for i in indices]
        print(json.dumps({"decoder": decoder, "frames": len(ds), "episodes": ds.num_episodes, "samples": samples,
                          "stats": {k: {s: np.asarray(v).tolist() for s, v in d.items()} for k, d in ds.meta.stats.items()}}))
