# make demo    set up .venv, encode a photo, compare encoders on it
# make test    set up .venv, run all tests
# make lint    set up .venv, check style, types, imports, workflows and the format of the kernels
# make docs    build the site of the documentation into build/site, and check its links
# make figures draw the pictures in docs/images anew, and those of the gallery into build/gallery
# make train   train the saliency network on DATA (docs/training.md), into build/train
# make fuzz    feed broken input to kernels and readers for FUZZ_SECONDS, or to some TARGETS (docs/fuzzing.md)
# make check   check that Python and the compiler are new enough; the targets above begin with it
# make clean   remove .venv and build
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What the kernels are written with: GCC has it since 12.
COMPILER_PROBE := typedef int V __attribute__((vector_size(16))); V f(V v) { return __builtin_shufflevector(v, v, 3, 2, 1, 0); }
# A photograph that comes with scikit-image.
COPY_PHOTO := import pathlib, shutil, skimage; \
  shutil.copy(pathlib.Path(skimage.__file__).parent / "data" / "coffee.png", "build/demo")
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check
PRINT_BUILD_TOOLS := import shutil, tomllib; \
  print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n"); \
  print(*(tool for tool in ("cmake", "ninja") if not shutil.which(tool)), sep="\n")
FUZZ_SECONDS := 600
# Sets of fixations and zips of labelled photographs, see docs/training.md.
DATA := osie crowd pascal-s caltech-101.zip
# What is installed anew when it changes: kernels, dependencies, and the version, which __init__.py holds.
SOURCES := pyproject.toml CMakeLists.txt src/foveal/__init__.py $(wildcard src/foveal/kernels/*)

.PHONY: demo test lint docs figures train fuzz fuzz-minimise check clean

demo: $(VENV)/.demo
	@echo "== a photo, encoded and compared: pictures in build/demo"
	@mkdir -p build/demo
	@$(BIN)/python -c '$(COPY_PHOTO)'
	$(BIN)/foveal encode build/demo/coffee.png -o build/demo/coffee.jpg -q 60
	$(BIN)/foveal compare build/demo/coffee.png -o build/demo/compare.png -q 60

test: $(VENV)/.test
	$(BIN)/python -m pytest

# mypy reads bench too: without the extra `bench` it does not find the packages that bench imports.
lint: $(VENV)/.bench,lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/wheels.yml
	$(BIN)/clang-format --dry-run --Werror $(wildcard src/foveal/kernels/*.?pp tests/fuzz/kernels/*.?pp tests/portability/*.cpp)

docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	$(BIN)/python docs/check_site.py build/site

figures: $(VENV)/.docs-figures
	$(BIN)/python docs/generate_figures.py
	$(BIN)/python docs/generate_gallery.py

train: $(VENV)/.train
	$(BIN)/python -m foveal.training train $(DATA) --out build/train --threads 1

fuzz: check
	PYTHON=$(PYTHON) FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run $(TARGETS)

fuzz-minimise: check
	PYTHON=$(PYTHON) tests/fuzz/run --minimise $(TARGETS)

# The packages of an extra, for the target that needs it. foveal itself is installed, so pip takes its extras from there.
$(VENV)/.%: $(VENV)/.foveal
	@echo "== foveal[$*]: the packages that it needs"
	$(INSTALL) "foveal[$*]"
	@touch $@

# One editable install, made anew when SOURCES change. The build tools lie in .venv and not in a folder that pip makes
# anew, so that only the kernels that have changed are built again.
$(VENV)/.foveal: $(SOURCES) $(VENV)/.tools
	@echo "== foveal and its kernels"
	$(INSTALL) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.tools: pyproject.toml | check
	@echo "== $(VENV): a Python environment, and the tools that build the kernels"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -c '$(PRINT_BUILD_TOOLS)' > $@.txt
	$(INSTALL) --requirement $@.txt
	@touch $@

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
