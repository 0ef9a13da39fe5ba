#!/usr/bin/env bash
# The whole suite: notebooks are clean, modules are a fresh export, every notebook gives its stored outputs, tests pass.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset PYTHONPATH MPLBACKEND
export PATH="$PWD/.venv/bin:$PATH" OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1
echo "[test] 1/3 cleaning the notebooks changes nothing"
python tools/renumber.py --check
echo "[test] 2/3 exporting the notebooks changes nothing"
python tools/fresh_export.py --check
if [ -n "${FAST:-}" ]; then
    mapfile -t changed < <(python tools/changed.py)
    echo "[test] 3/3 only what belongs to your changes: ${changed[*]}"
    exec python -m pytest -q -rs -p no:cacheprovider -n "${TEST_JOBS:-2}" --dist loadfile \
        --nbval --nbval-current-env --nbval-cell-timeout 300 "${changed[@]}"
fi
echo "[test] 3/3 pytest --nbval over the notebooks, and tests/"
python tests/lab.py >/dev/null || { tools/bootstrap --browser; python tests/lab.py || true; }
dirs=(); for d in nbs tutorials hardware tests; do [ -d "$d" ] && dirs+=("$d"); done
exec python -m pytest -q -rs -p no:cacheprovider -n "${TEST_JOBS:-2}" --dist loadfile --durations 10 \
    --nbval --nbval-current-env --nbval-cell-timeout 300 "${dirs[@]}"
