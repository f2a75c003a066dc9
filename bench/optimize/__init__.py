"""Benchmarks of `foveal optimize`.

`lossless.py` compares it with other tools, `requantization.py` compares requantization with decoding and encoding
again, and `sweep.py` looks for faults in files as they are.
"""
