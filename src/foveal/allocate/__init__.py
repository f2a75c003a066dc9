"""SPEND: decide how much each block of a photo matters, and quantize its coefficients accordingly."""
