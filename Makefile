# make demo    play the whole programme in the browser        make run     the real bot
# make test    every test, on SQLite and PostgreSQL            make check   style, types, lessons
# make bench   measure this machine                            make bench-crash  an announcement on the worst of days
# make lock    pin the requirements anew
# make nlu-report   what the model mixes up                    make bench-nlu   compare pipelines (hours with DIET)
# make tables  the towns, trades and topics for Rasa           make texts   collect what the bot says
SHELL := /bin/sh
UV := .uv/bin/uv
# The lists are complete, so nothing is resolved again.
INSTALL = $(UV) pip install -q --no-deps --require-hashes
TWOGETHER := .venv/bin/twogether
export UV_LINK_MODE ?= copy
.DELETE_ON_ERROR:
.PHONY: demo run test check bench bench-crash bench-nlu nlu-report train setup setup-dev lock tables texts pictures

demo: setup train
	@$(TWOGETHER) demo $(if $(PEOPLE),--people $(PEOPLE))

run: setup train
	@$(TWOGETHER) run

test: setup-dev train
	@tools/find-chromium
	.venv/bin/python -m pytest -n 3 --dist loadgroup

check: setup-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/pyright
	@$(TWOGETHER) check

bench: setup-dev train
	@$(TWOGETHER) bench

bench-crash: setup-dev
	@$(TWOGETHER) bench --crash

bench-nlu: setup .venv-rasa/.installed
	@.venv-rasa/bin/python -W ignore bench/pipelines/compare.py ours light diet

nlu-report: train
	@.venv-rasa/bin/python -W ignore tools/nlu_report.py 2>/dev/null

train: setup .venv-rasa/.installed
	@$(TWOGETHER) train

setup: .venv/.installed
setup-dev: .venv/.installed-dev

.uv/.installed: requirements/uv.txt
	@echo "Fetching uv …"
	@python3 -m venv .uv && .uv/bin/python -m pip install -q --require-hashes -r requirements/uv.txt
	@touch $@

.venv/.installed: .uv/.installed requirements/app.txt pyproject.toml
	@echo "Installing the app (Python 3.13) …"
	@[ -x .venv/bin/python ] || $(UV) venv -q -p "$$(tools/find-python 3.13 $(UV))" .venv
	@$(INSTALL) -p .venv/bin/python -r requirements/app.txt
	@$(UV) pip install -q -p .venv/bin/python --no-deps --no-build-isolation -e .
	@touch $@

.venv/.installed-dev: .venv/.installed requirements/dev.txt
	@echo "Installing what the tests need …"
	@$(INSTALL) -p .venv/bin/python -r requirements/dev.txt
	@touch $@

.venv-rasa/.installed: .uv/.installed requirements/rasa.txt
	@echo "Installing Rasa (Python 3.10, about 1.9 GB) …"
	@[ -x .venv-rasa/bin/python ] || $(UV) venv -q -p "$$(tools/find-python 3.10 $(UV))" .venv-rasa
	@$(INSTALL) -p .venv-rasa/bin/python -r requirements/rasa.txt
	@touch $@

COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links
lock: .uv/.installed
	@$(COMPILE) requirements/uv.in -o requirements/uv.txt >/dev/null
	@$(COMPILE) -p .venv/bin/python --python-version 3.13 --override requirements/app.overrides.txt requirements/app.in -o requirements/app.txt >/dev/null
	@$(COMPILE) -p .venv/bin/python --python-version 3.13 --override requirements/app.overrides.txt -c requirements/app.txt requirements/dev.in -o requirements/dev.txt >/dev/null
	@$(COMPILE) -p .venv-rasa/bin/python --override requirements/rasa.overrides.txt requirements/rasa.in -o requirements/rasa.txt >/dev/null

tables: setup-dev
	@.venv/bin/python tools/tables.py

texts: setup-dev
	@.venv/bin/python tools/texts.py

pictures: setup-dev train
	@.venv/bin/python tools/pictures.py
