# Colophon. `make demo` and `make test` each work alone on a fresh machine with Python 3.11, Node 20, make and git.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
SHELL := /bin/bash

VENV   := .venv/bin
PYTHON := $(shell for name in $(VENV)/python python3.11 python3 python; do \
            "$$name" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && { echo "$$name"; break; }; done)
ANY_PYTHON := $(or $(PYTHON),python3)
CHAIN ?= ganache
PARTS ?=
WORKERS ?= 2
COLLECTIONS ?= --help
MINUTES ?= 30
ANVIL  := .colophon/tools/anvil-1.7.1
SOURCES := $(shell find contracts -name '*.sol' 2>/dev/null)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUNBUFFERED := 1

step = @printf '\033[1m==> %s\033[0m\n' "$(1)"

.PHONY: audit help setup demo up down test test-contracts test-offchain coverage slither campaign-model campaign-machines bench bench-gas bench-identity bench-storage bench-sealing bench-pricing bench-generation bench-service campaign-fuzz campaign-identity campaign-generation campaign-service fuzz-api clients errors lint format doctor build clean distclean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 27

setup: .venv/linked node_modules/installed .colophon/solc/provided build/compiled build/model-prepared ## everything that the other targets need; does nothing when nothing changed

demo: setup ## the whole way of a work, on a fresh chain; ends by itself
	$(call step,demo)
	@$(VENV)/python -m scripts.demo

up: setup ## chain, IPFS node, contracts and API on ports 8545, 5001 and 8000, until Ctrl-C
	$(call step,stack)
	@$(VENV)/python -m scripts.up

down: .venv/linked ## end the stack that make up started
	@$(VENV)/python -m scripts.down

test: setup lint test-contracts test-offchain ## lint, contract tests, off-chain tests

test-contracts: setup $(if $(filter anvil,$(CHAIN)),$(ANVIL)) ## contract tests on a fresh chain: Ganache, or with CHAIN=anvil Anvil
	$(call step,contract tests on $(CHAIN))
	@COLOPHON_TEST_CHAIN=$(CHAIN) $(VENV)/python -m scripts.private_brownie test --network ganache-cli -p scripts.skips -n $(WORKERS)

test-offchain: setup ## off-chain tests; WORKERS=1 runs them, and the contract tests, in one process
	$(call step,off-chain tests)
	@$(VENV)/python -m pytest -p scripts.skips -n $(WORKERS) --dist loadfile --no-loadscope-reorder

coverage: setup $(ANVIL) ## branch coverage of the contracts, at least 95 %; writes build/coverage.json
	$(call step,branch coverage)
	@$(VENV)/python -m scripts.coverage

slither: setup .venv-tools/installed ## Slither on the contracts against the answers in docs/SECURITY.md; writes build/slither.json
	$(call step,Slither)
	@$(VENV)/python -m scripts.slither

campaign-model: setup ## 100,000 random histories of the contracts against their model; writes tests/contracts/reference/campaign.json
	$(call step,histories against the model)
	@$(VENV)/python -m tests.contracts.reference.campaign --histories 100000 --processes 2

campaign-machines: setup $(if $(filter anvil,$(CHAIN)),$(ANVIL)) ## both stateful machines, 50 long histories of 50 steps each; with CHAIN=anvil on Anvil
	$(call step,stateful machines on $(CHAIN))
	@COLOPHON_TEST_CHAIN=$(CHAIN) COLOPHON_STATEFUL_EXAMPLES=50 $(VENV)/python -m scripts.private_brownie test tests/contracts/stateful --network ganache-cli -p scripts.skips

bench-gas: setup ## gas of every operation beside its goal, on a fresh chain; writes build/bench/gas.json
	$(call step,gas)
	@$(VENV)/python -m scripts.private_brownie run ../tests/bench/gas --network ganache-cli

bench-identity: setup build/peers/installed ## recognition of edited copies beside its peers, the index, the marks; writes build/bench/identity.json
	$(call step,identity)
	@PYTHONPATH=build/peers $(VENV)/python -m tests.bench.identity $(PARTS)

bench-storage: setup ## CIDs, uploads and downloads; writes build/bench/storage.json
	$(call step,storage)
	@$(VENV)/python -m tests.bench.storage

bench-sealing: setup ## encryption of paid content; writes build/bench/sealing.json
	$(call step,sealing)
	@$(VENV)/python -m tests.bench.sealing

bench-pricing: setup build/peers/installed ## prices of whole catalogues beside solvers of linear programmes; writes build/bench/pricing.json
	$(call step,pricing)
	@PYTHONPATH=build/peers $(VENV)/python -m tests.bench.pricing $(PARTS)

bench-generation: setup ## texts, music, images: speed, quality, marks, reproduction; writes build/bench/generation.json
	$(call step,generation)
	@$(VENV)/python -m tests.bench.generation $(PARTS)

bench-service: setup ## reads, quotes, orders, catch-up of the index; writes build/bench/service.json
	$(call step,service)
	@$(VENV)/python -m tests.bench.service $(PARTS)

bench: bench-gas bench-identity bench-storage bench-sealing bench-pricing bench-generation bench-service ## every benchmark

campaign-identity: setup build/peers/installed ## recognition on collections of yours, COLLECTIONS='--music DIR --images DIR …'; keeps tests/bench/identity/campaign.json
	$(call step,identity on larger collections)
	@PYTHONPATH=build/peers $(VENV)/python -m tests.bench.identity.campaign $(COLLECTIONS)

campaign-generation: setup ## the longer runs of generation, PARTS='music …'; keeps tests/bench/generation/campaign.json
	$(call step,generation at length)
	@$(VENV)/python -m tests.bench.generation --campaign $(PARTS)

campaign-service: setup ## registrations by workers that are killed, half an hour of load; PostgreSQL; keeps tests/bench/service/campaign.json
	$(call step,service at length)
	@$(VENV)/python -m tests.bench.service --campaign $(PARTS)

fuzz-api: setup .venv-tools/installed ## Schemathesis over the whole OpenAPI document, against a real stack
	$(call step,Schemathesis)
	@$(VENV)/python -m tests.fuzz.api

campaign-fuzz: setup ## hostile files against every extractor, MINUTES of them; keeps what found something
	$(call step,fuzzing)
	@$(VENV)/python -m tests.fuzz.extractors --minutes $(MINUTES)

audit: setup .venv-tools/installed ## known holes in the pinned Python and Node packages; asks the advisory services
	$(call step,advisories)
	@$(VENV)/python -m scripts.advisories

lint: setup ## ruff, mypy, import-linter, solhint, committed ABIs
	$(call step,lint)
	@$(VENV)/ruff check --quiet .
	@$(VENV)/ruff format --quiet --check .
	@$(VENV)/mypy
	@$(VENV)/lint-imports --no-logo
	@node_modules/.bin/solhint --noPoster --disc --max-warnings 0 'contracts/**/*.sol'
	@$(VENV)/python -m scripts.abi --check

clients: setup .venv-tools/installed ## the OpenAPI document and the Python and TypeScript clients, from the sources
	@$(VENV)/python -m scripts.clients

errors: setup ## docs/errors.md from the sources
	@$(VENV)/python -m scripts.errors

format: .venv/linked ## format the Python sources
	@$(VENV)/ruff format .

doctor: ## what is there, what is missing, and the line that mends it
	@$(ANY_PYTHON) -m scripts.doctor

build: setup ## compile the contracts and write the committed ABIs
	$(call step,committed ABIs)
	@$(VENV)/python -m scripts.abi

clean: ## remove what was built or cached; keep .venv, node_modules, the compiler and the tools
	rm -rf build reports .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

distclean: clean ## remove everything that setup made
	rm -rf .venv .venv-tools node_modules .colophon *.egg-info

.venv/installed: requirements.txt requirements-data.txt
	@test -n "$(PYTHON)" || { echo 'error: no Python 3.11 on the PATH (python-missing)'; \
	  echo '  remedy  install Python 3.11 with its venv module, so that python3.11 is on the PATH; make doctor shows the rest'; exit 1; } >&2
	$(call step,Python packages into .venv (the first time about 0.7 GB with the CPU build of torch; several minutes))
	@test "$(PYTHON)" = $(VENV)/python || $(PYTHON) -m venv --clear .venv
	@$(VENV)/python -m pip install --no-input -r requirements.txt
	@$(VENV)/python -m pip install --no-input --quiet --no-deps -r requirements-data.txt
	@touch $@

.venv/linked: .venv/installed pyproject.toml scripts/venv_paths.py scripts/dotted_folders.py
	@$(VENV)/python -m pip install --no-input --quiet --no-deps --no-build-isolation --editable .
	@$(VENV)/python -m scripts.venv_paths
	@touch $@

# Tools that neither the product nor its tests need: they would slow every set-up down, and their pins are not Brownie's.
.venv-tools/installed: requirements-tools.txt | .venv/installed
	$(call step,tools into .venv-tools (about 150 MB))
	@$(VENV)/python -m venv --clear .venv-tools
	@.venv-tools/bin/python -m pip install --no-input --quiet --no-deps -r requirements-tools.txt
	@touch $@

build/peers/installed: requirements-bench.txt .venv/installed
	$(call step,peers of the benchmarks)
	@while read -r peer; do case "$$peer" in ''|'#'*) continue;; esac; \
	  $(VENV)/python -m pip install --no-input --quiet --no-deps --upgrade --target build/peers "$$peer" || \
	  echo "not installed: $$peer; its figures will be missing" >&2; done < requirements-bench.txt
	@touch $@

$(ANVIL):
	$(call step,Anvil into .colophon/tools (43 MB))
	@npm install --prefix .colophon/tools --no-save --no-audit --no-fund --loglevel=error @foundry-rs/anvil-linux-amd64@1.7.1
	@touch $@

node_modules/installed: package-lock.json package.json
	@command -v npm >/dev/null || { echo 'error: no npm on the PATH (node-missing)'; \
	  echo '  remedy  install Node 20, which brings npm; make doctor shows the rest'; exit 1; } >&2
	$(call step,Node packages into node_modules)
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.colophon/solc/provided: .venv/linked node_modules/installed scripts/solc.py scripts/solc_npm.cjs
	$(call step,Solidity compiler)
	@$(VENV)/python -m scripts.solc
	@mkdir -p $(@D) && touch $@

build/compiled: .colophon/solc/provided brownie-config.yaml $(SOURCES)
	$(call step,contracts)
	@$(VENV)/python -m scripts.private_brownie compile
	@touch $@

build/model-prepared: .venv/linked offchain/generation/text/prepare.py
	$(call step,language model)
	@$(VENV)/python -m offchain.generation.text.prepare
	@mkdir -p $(@D) && touch $@
