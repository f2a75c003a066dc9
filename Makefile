# make demo: set up, encode a photo, set encoders side by side.   make test: set up, run all tests.
# make fuzz: feed the decoder broken files for FUZZ_SECONDS.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What the kernels are written with: GCC has it since 12.
COMPILER_PROBE := typedef int V __attribute__((vector_size(16))); V f(V v) { return __builtin_shufflevector(v, v, 3, 2, 1, 0); }
# A photograph that comes with scikit-image.
COPY_PHOTO := import pathlib, shutil, skimage; \
  shutil.copy(pathlib.Path(skimage.__file__).parent / "data" / "coffee.png", "build/demo")
FUZZ_SECONDS := 600
SOURCES := pyproject.toml CMakeLists.txt $(wildcard src/foveal/kernels/*)

.PHONY: demo test fuzz check clean

demo: $(VENV)/.demo
	mkdir -p build/demo
	$(BIN)/python -c '$(COPY_PHOTO)'
	$(BIN)/foveal encode build/demo/coffee.png -o build/demo/coffee.jpg -q 40
	$(BIN)/foveal compare build/demo/coffee.png -o build/demo/compare.png -q 40

test: $(VENV)/.test
	$(BIN)/python -m pytest

fuzz: check
	PYTHON=$(PYTHON) tests/fuzz/run -max_total_time=$(FUZZ_SECONDS) build/fuzz/corpus build/fuzz/seeds

# One editable install for each extra that a target needs; kernels are rebuilt when their sources change.
$(VENV)/.%: $(SOURCES) | check
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[$*]"
	touch $@

check:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "foveal: Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "foveal: Python's venv module is missing; on Debian: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sysconfig, os, sys; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' || \
	  { echo "foveal: Python's headers are missing; on Debian: apt install python3-dev" >&2; exit 1; }
	@echo '$(COMPILER_PROBE)' | $${CXX:-c++} -std=c++20 -x c++ -fsyntax-only - 2>/dev/null || \
	  { echo "foveal: a C++20 compiler (GCC 12 or Clang 16, or newer) is needed; on Debian: apt install g++" >&2; exit 1; }

clean:
	rm -rf $(VENV) build
