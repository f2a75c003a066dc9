"""Searches for the numbers that the encoder ships with, and what each of them is worth."""
