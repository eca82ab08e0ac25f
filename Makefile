# Homeport's commands for people. Each sets up what it needs inside the repository and installs nothing elsewhere.
BIN := .venv/bin
PEERS := bind9 knot pdns coturn ddclient inadyn miniupnpd dnsperf faketime chromium iproute2 openssl curl systemd openrc cron shellcheck
PROCESSES = $(shell n=$$(nproc 2>/dev/null || echo 1); echo $$(((n < 7 ? n : 7) + 1)))
export PYTHON
# Without bytecode beside the modules every start of a program compiles them anew, which takes four times as long.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check format bench soak docs lock clean
help:
	@echo "make run      start a server and an agent on this machine and keep them running (homeport demo)"
	@echo "make test     fetch the programs to test against, then run the tests; ARGS='tests/engine -x' chooses"
	@echo "make check    format, lint, types, layers, spelling, lock files"
	@echo "make format   let ruff format and fix"
	@echo "make bench    measure, compare with the last measurement, keep the numbers in bench/history"
	@echo "make soak     the tests that run for a long time"
	@echo "make docs     write the tables of docs/providers.md from the providers"
	@echo "make lock     pin every package anew"
	@echo "make clean    remove what the commands above made"

run:
	@tools/setup run
	@exec $(BIN)/homeport demo

test:
	@tools/setup dev
	@$(BIN)/python tools/peers fetch $(PEERS)
	@tools/sdks
	@tools/sdks nsupdate
	@$(BIN)/python tools/assets axe
	@$(BIN)/python -m pytest -n $(PROCESSES) $(ARGS)

soak:
	@tools/setup dev
	@$(BIN)/python tools/peers fetch $(PEERS)
	@$(BIN)/python -m pytest -m soak --timeout=0 $(ARGS)

check:
	@tools/setup dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell README.md CHANGELOG.md docs src tools
	$(BIN)/python tools/lock --check
	$(BIN)/python tools/assets --check

format:
	@tools/setup dev
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench:
	@tools/setup dev
	@$(BIN)/python tools/peers fetch $(PEERS)
	@PATH="$$PATH:$(CURDIR)/.cache/peers/bin" $(BIN)/python tools/bench $(ARGS)

docs:
	@tools/setup dev
	@$(BIN)/python tools/provider_docs
	@$(BIN)/python tools/doctor_docs

lock:
	@tools/setup dev
	@$(BIN)/python tools/lock
	@tools/setup dev

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
