# Two commands on a fresh machine: `make run` and `make test`. The rest is for working on the program.
PY := .venv/bin/python

.PHONY: run test check bench thumbnails clean

run: .venv/.ready
	@.ci/run-app

test: .venv/.ready-dev
	$(PY) -m pytest

check: .venv/.ready-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache

bench: .venv/.ready-bench
	$(PY) -m tests.bench

# The gallery's pictures, made by the program itself.
thumbnails: .venv/.ready
	$(PY) -m tests.thumbnails $(NAMES)

.venv/.ready .venv/.ready-dev .venv/.ready-bench: pyproject.toml .ci/prepare
	@.ci/prepare $@

clean:
	rm -rf .venv build dist out
