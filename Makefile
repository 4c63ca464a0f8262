# Everything a newcomer types: make demo, make test. VENV holds our tools and nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test check format unit lock docs screenshots bench bench-evaluate test-terraform clean

demo: $(VENV)/.ready
	$(BIN)/mlops demo --config examples/flights

test: $(VENV)/.ready
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python scripts/test.py

check: $(VENV)/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/zizmor --offline --quiet --persona pedantic .

unit: $(VENV)/.ready
	$(BIN)/pytest -q tests/unit

format: $(VENV)/.ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.ready
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python scripts/lock.py

docs: $(VENV)/.ready
	$(BIN)/python scripts/docs.py
	$(BIN)/python scripts/schemas.py

screenshots: $(VENV)/.ready
	PYTHONPATH=tests $(BIN)/python scripts/screenshots.py

bench: $(VENV)/.ready
	PATH="$(abspath $(BIN)):$$PATH" PYTHONPATH=scripts $(BIN)/python -m bench.run

bench-evaluate: $(VENV)/.ready
	PATH="$(abspath $(BIN)):$$PATH" PYTHONPATH=scripts $(BIN)/python -m bench.evaluate

$(VENV)/.ready: requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14), "Python 3.11 to 3.13 is needed; name one with: make PYTHON=python3.12 ..."'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.8'
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

test-terraform: $(VENV)/.ready
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python scripts/terraform_test.py

clean:
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache
