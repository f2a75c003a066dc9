"""Benchmarks of the speed of encoders, decoders and metrics, against peers in the same run."""
