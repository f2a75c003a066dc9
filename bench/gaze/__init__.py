"""Benchmarks of content-aware encoding on photographs with recorded fixations."""
