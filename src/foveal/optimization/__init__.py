"""OPTIMIZE: makes existing JPEG files smaller."""
