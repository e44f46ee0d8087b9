# gradschool. `make grade` and `make test` set up all that they need in .venv, once.

PYTHON ?= python3
BIN := .venv/bin
SAMPLE := assignments/submitted
SUBMISSIONS ?= $(SAMPLE)
GRADEBOOK ?= assignments/gradebook.db
PAGE ?= micrograd.html
# The sample class gets the points that the pages and tests speak of; yours sits the hidden exam.
SEED := $(if $(filter-out $(SAMPLE),$(SUBMISSIONS)),,--seed 2026)
OUTSIDE := $(PATH)
export PATH := $(CURDIR)/$(BIN):$(PATH)
# What is imported is compiled when it is, once; of PyTorch and nbgrader most never is. So what all need is imported once,
# and if that fails, whoever uses it says so.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt
WRITING := env -u PYTHONDONTWRITEBYTECODE

# Files are handed out whole, in the order of tests/conftest.py. Some of the time is waiting: three share two cores. The
# many processes that tests start read the bytecode that the first one wrote.
PYTEST := $(WRITING) python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: help formgrader grade test test-all attack lint release html release-check bench pitfalls words demo pictures screenshots \
        system system-tests clean

help:  ## show what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

grade: .venv/.grade system  ## grade SUBMISSIONS (default: the sample class)
	@gradschool grade $(SUBMISSIONS) --gradebook $(GRADEBOOK) $(SEED)

test: .venv/.test system-tests lint release-check  ## what must pass before a commit: a sample of each kind of test
	@$(PYTEST) -q

test-all: .venv/.test system-tests lint release-check  ## every test, mutant, fault, pitfall, exam and sandbox
	@NIGHTLY=all DRAWN=anew COURSE=all EXAMS=all PITFALLS=all MUTANTS=all GRADSCHOOL_FUZZ=5 $(PYTEST) -q
	@python -m pytest tests/attacks --sandboxes all -n 2 -q

attack: .venv/.test system  ## let the red team loose on each sandbox that works here
	@python -m pytest tests/attacks --sandboxes all -n 2 -q

lint: .venv/.test  ## ruff, mypy and import-linter
	@ruff check .
	@ruff format --check autograder tests benchmarks docs/*.py
	@mypy
	@lint-imports --no-cache

release: .venv/.grade  ## write student/ anew from solutions/, and nbgrader's release/ from assignments/source/
	@gradschool release --notebooks

formgrader: .venv/.grade system  ## open nbgrader's formgrader on the course in assignments/
	@case "$$(id -u) $(FLAGS)" in "0 "*--allow-root*) ;; "0 "*) \
	    echo "Jupyter does not run as root by itself: make formgrader FLAGS=--allow-root" >&2; exit 1 ;; esac
	@cd assignments && jupyter notebook --ServerApp.default_url=/formgrader $(FLAGS)

html: .venv/.grade  ## write the course as one page for a browser, PAGE (default: micrograd.html); needs Node
	@gradschool release --html $(PAGE)

release-check: .venv/.grade
	@gradschool release --check

bench: .venv/.bench system  ## time grading, as ratios, and write docs/benchmarks.md; SIZES="10 100 1000 10000" takes longer
	@python -m benchmarks.growth $(SIZES)

pitfalls: .venv/.grade system  ## plant every classic mistake, see that each is graded and named, and write docs/pitfalls.md
	@gradschool pitfalls --page docs/pitfalls.md
	@gradschool pitfalls

words: .venv/.grade  ## gather what students read, bring translations up to date, and compile them
	@python docs/words.py

demo: .venv/.demo system  ## train a net on two moons, and draw what it learned
	@python docs/demo.py

pictures: .venv/.grade system  ## draw the pictures of docs/ anew
	@$(BIN)/python docs/pictures.py
	@$(BIN)/python docs/house.py

screenshots: .venv/.test system-tests  ## photograph the pages of the sample class anew
	@python docs/screenshots.py

system:
	@sh .ci/system

system-tests:
	@sh .ci/system tests

clean:  ## remove what can be made again
	rm -rf .venv .cache results build dist *.egg-info micrograd.html

# An environment knows its folder: what was moved, like what was made by half, is made anew.
PLACE := $(shell test -x $(BIN)/python && cat .venv/.made 2>/dev/null)
ifneq ($(PLACE),$(CURDIR))
.PHONY: .venv/.made
endif

.venv/.made: export PATH := $(OUTSIDE)
.venv/.made:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; \
	    v < (3, 11) and sys.exit("gradschool needs Python 3.11 or later; PYTHON=$(PYTHON) is %d.%d" % v)'
	@echo "$(if $(PLACE),this folder was moved: setting up .venv again,setting up .venv), which takes a minute or two"
	@$(PYTHON) -m venv --clear .venv
	@pwd -P >$@

.venv/.grade: .venv/.made pyproject.toml constraints.txt
	@$(INSTALL) --editable '.[grade]'
	@$(WRITING) $(BIN)/python -c 'import graphviz, hypothesis, nbgrader.apps, numpy, torch' 2>/dev/null || true
	@touch $@

.venv/.test: .venv/.grade
	@$(INSTALL) --editable '.[grade,test,lint]'
	@touch $@

# Only one row of the benchmarks needs it, and says so where it is missing.
.venv/.bench: .venv/.test
	@$(INSTALL) --editable '.[grade,test,lint,bench]' && touch $@ || echo "otter-grader could not be installed"

.venv/.demo: .venv/.made pyproject.toml constraints.txt
	@$(INSTALL) --editable '.[demo]'
	@touch $@
