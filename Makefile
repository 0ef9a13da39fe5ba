# make demo   install, then record, train, evaluate and drive: outputs/demo/report.html   (SAY="put the blue cube in the left box")
# make test   install, then the whole suite
#   FAST=1    after make test: only the notebooks that you changed, and the tests that use their modules most
#   CPU=avx2  after either of them: as on a laptop without AVX-512, whatever this processor is (make test CPU=avx2)
# make update after a change to a notebook: clean, number, export, stubs, reading times, README, the map
# make lab    install, then JupyterLab on the course
# make env    install only;  make clean  remove .venv (outputs/ holds your data: it stays)
SHELL := /bin/bash
export SAY FAST
ifeq ($(CPU),avx2)
export ONEDNN_MAX_CPU_ISA = AVX2
export ATEN_CPU_CAPABILITY = avx2
export MKL_ENABLE_INSTRUCTIONS = AVX2
export TORCHINDUCTOR_CACHE_DIR = $(or $(TMPDIR),/tmp)/torchinductor-avx2
else ifneq ($(CPU),)
$(error CPU=$(CPU) is not known: CPU=avx2 limits the processor to AVX2, without it nothing is limited)
endif

.PHONY: demo test lab env clean update
demo: env
	.venv/bin/smolvla_demo $(if $(SAY),--say "$$SAY")

test: env
	tools/test.sh

lab:
	tools/bootstrap --reading
	.venv/bin/jupyter lab $$([ "$$(id -u)" = 0 ] && echo --allow-root) --LabApp.default_url=/lab/tree/nbs/index.ipynb

env:
	tools/bootstrap

update:
	.venv/bin/python tools/renumber.py
	.venv/bin/python tools/fresh_export.py
	.venv/bin/python tools/make_stubs.py
	.venv/bin/python tools/make_readme.py
	.venv/bin/python tools/map.py >/dev/null

clean:
	rm -rf .venv build dist *.egg-info
