"""Searches for the encoder's perceptual parameters, and measurements of what each of them gains."""
