# gradschool. `make grade` and `make test` set up all that they need in .venv, once.

PYTHON ?= python3
BIN := .venv/bin
SUBMISSIONS ?= assignments/submitted
export PATH := $(CURDIR)/$(BIN):$(PATH)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help grade test attack lint release release-check bench pitfalls demo pictures screenshots system browser clean

help:  ## show what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

grade: .venv/.grade system  ## grade SUBMISSIONS (default: the sample class)
	@gradschool grade $(SUBMISSIONS)

test: .venv/.test system browser lint release-check  ## everything that must pass before a commit
	@python -m pytest -n 2 --dist loadfile -q

attack: .venv/.test system  ## let the red team loose on each sandbox that works here
	@python -m pytest tests/attacks --sandboxes all -n 2 -q

lint: .venv/.test  ## ruff and mypy
	@ruff check .
	@ruff format --check autograder tests benchmarks docs/*.py
	@mypy

release: .venv/.grade  ## write student/ anew from solutions/
	@gradschool release

release-check: .venv/.grade
	@gradschool release --check

bench: .venv/.test system  ## time grading, as ratios
	@python -m benchmarks

pitfalls: .venv/.grade system  ## plant every classic mistake, see that each is graded and named, and write docs/pitfalls.md
	@gradschool pitfalls --page docs/pitfalls.md
	@gradschool pitfalls

demo: .venv/.demo system  ## train a net on two moons, and draw what it learned
	@python docs/demo.py

pictures: .venv/.grade system  ## draw the lecture's pictures anew
	@$(BIN)/python docs/pictures.py

screenshots: .venv/.test system browser  ## photograph the pages of the sample class anew
	@python docs/screenshots.py

system:
	@sh .ci/system

browser:
	@sh .ci/browser || true

clean:  ## remove what can be made again
	rm -rf .venv .cache results build dist *.egg-info

.venv/bin/python:
	@echo "setting up .venv, which takes a minute or two"
	@$(PYTHON) -m venv .venv

.venv/.grade: .venv/bin/python pyproject.toml constraints.txt
	@$(INSTALL) --editable '.[grade]'
	@touch $@

.venv/.test: .venv/.grade
	@$(INSTALL) --editable '.[grade,test,lint]'
	@touch $@

.venv/.demo: .venv/bin/python pyproject.toml constraints.txt
	@$(INSTALL) --editable '.[demo]'
	@touch $@
