"""Benchmarks of `foveal optimize`: `lossless.py` against other tools, `sweep.py` over files as they are."""
