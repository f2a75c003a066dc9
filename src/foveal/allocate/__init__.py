"""SPEND: how much each block of a photo matters, and what that means for its coefficients."""
