# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
# Processes that run the tests side by side; each takes a core and some 2 GB.
JOBS ?= 2
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false
# The tests start hundreds of processes: none of them need compile what another has compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-nightly check format serve clean

# torch first and pinned, so that no other requirement chooses it. Where pip finds no CPU build of it, name an index that
# has one, or the install brings gigabytes of CUDA libraries: make test TORCH_INDEX=...
.venv/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --constraint constraints.txt torch==2.13.0 $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))
	$(BIN)/pip install --constraint constraints.txt --editable ".[dev]"
	@touch $@

demo: .venv/.ready
	$(BIN)/tandem demo $(if $(filter quick,$(DEMO)),--quick)

test: .venv/.ready
	$(BIN)/python -m pytest -m "not nightly" -n $(JOBS) --dist loadfile

# All tests, the slow ones too, in random order; `-p randomly --randomly-seed=N` repeats an order, N stands in the first lines.
test-nightly: .venv/.ready
	$(BIN)/python -m pytest -p randomly

check: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

serve: .venv/.ready
	$(BIN)/tandem serve

clean:
	rm -rf .venv build *.egg-info
