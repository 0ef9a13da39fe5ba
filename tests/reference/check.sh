#!/bin/sh
# All checks against the real LeRobot, in one command; the environment is made when it is missing (see setup.sh).
#   sh tests/reference/check.sh                       LeRobot 0.4.4
#   LEROBOT=0.6.1 sh tests/reference/check.sh         LeRobot 0.6.1 (Python 3.12)
#   SMOLVLA_REFERENCE_PYTHON=.../bin/python sh tests/reference/check.sh       an environment that is there already
# The full-size model (9 GB of memory, some minutes) is left out: pytest tests/test_policy.py -k full_size_ladder
set -e
cd "$(dirname "$0")/../.."
if [ -z "$SMOLVLA_REFERENCE_PYTHON" ]; then
    line=$(sh tests/reference/setup.sh | tail -1)
    SMOLVLA_REFERENCE_PYTHON=${line##*=}
fi
export SMOLVLA_REFERENCE_PYTHON HF_HUB_OFFLINE=1 OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
"$SMOLVLA_REFERENCE_PYTHON" -c 'from importlib.metadata import version; print("LeRobot", version("lerobot"))'
[ -x .venv/bin/python ] && PATH="$PWD/.venv/bin:$PATH"
exec python -m pytest -q -rs -p no:cacheprovider tests/test_data.py tests/test_edit.py tests/test_motors.py tests/test_policy.py \
    -k "reference_lerobot or lerobot_reference or lerobot_loads_what_we_save"
