#!/bin/sh
# Makes a Python environment with the real LeRobot, for the opt-in checks of this folder.
# It cannot share our environment (other transformers, torchvision), so it gets one of its own. Two releases are known:
#   sh tests/reference/setup.sh [FOLDER]                        0.4.4, default ~/.cache/smolvla/lerobot-venv; about 3 GB, some minutes
#   LEROBOT=0.6.1 sh tests/reference/setup.sh [FOLDER]          0.6.1, default ~/.cache/smolvla/lerobot-0.6.1; needs Python 3.12; about 6 GB
# Then all checks against it, in one command (it sets up what is missing):
#   sh tests/reference/check.sh                 LEROBOT=0.6.1 sh tests/reference/check.sh
# or single ones: SMOLVLA_REFERENCE_PYTHON=FOLDER/bin/python pytest tests/test_data.py -k reference
# LeRobot's own video decoder, torchcodec, is optional here and needed by tests/benchmarks/bench_data.py: it wants FFmpeg's
# shared libraries (Debian: apt-get install ffmpeg, or any folder of them on LD_LIBRARY_PATH).
set -e
if [ "${LEROBOT:-0.4.4}" = 0.6.1 ]; then
    dir=${1:-$HOME/.cache/smolvla/lerobot-0.6.1}
    [ -x "$dir/bin/python" ] || "${PYTHON:-python3.12}" -m venv "$dir"
    "$dir/bin/python" -m pip install -q --disable-pip-version-check 'lerobot[smolvla,feetech,dataset]==0.6.1'
    echo "ready: SMOLVLA_REFERENCE_PYTHON=$dir/bin/python"
    exit
fi
dir=${1:-$HOME/.cache/smolvla/lerobot-venv}
[ -x "$dir/bin/python" ] || "${PYTHON:-python3}" -m venv "$dir"
pip="$dir/bin/python -m pip install -q --disable-pip-version-check"
$pip torch==2.13.0 --index-url "${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}" || $pip torch==2.13.0
$pip --no-deps lerobot==0.4.4 torchvision==0.28.0
$pip transformers==4.57.6 huggingface-hub==0.35.3 datasets==4.8.5 draccus==0.10.0 diffusers==0.35.2 einops accelerate \
    safetensors num2words av==15.1.0 jsonlines gymnasium deepdiff==8.6.2 'imageio[ffmpeg]' termcolor grpcio==1.73.1 \
    protobuf==6.31.1 pyserial feetech-servo-sdk==1.0.0 opencv-python-headless==4.12.0.88 'numpy<2.3' pyarrow pandas packaging
$pip --no-deps torchcodec==0.13.0
echo "ready: SMOLVLA_REFERENCE_PYTHON=$dir/bin/python"
