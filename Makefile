# make demo   install, then record, train, evaluate and drive: outputs/demo/report.html   (SAY="put the blue cube in the left box")
# make test   install, then the whole suite
# make lab    install, then JupyterLab on the course
# make env    install only;  make clean  remove .venv (outputs/ holds your data: it stays)
SHELL := /bin/bash
export SAY

.PHONY: demo test lab env clean readme
demo: env
	.venv/bin/smolvla_demo $(if $(SAY),--say "$$SAY")

test: env
	tools/test.sh

lab:
	tools/bootstrap --reading
	.venv/bin/jupyter lab $$([ "$$(id -u)" = 0 ] && echo --allow-root) --LabApp.default_url=/lab/tree/nbs/index.ipynb

env:
	tools/bootstrap

readme:
	.venv/bin/python tools/make_readme.py

clean:
	rm -rf .venv build dist *.egg-info
