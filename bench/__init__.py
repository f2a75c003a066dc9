"""Benchmarks and parameter searches behind the figures in README and docs."""
