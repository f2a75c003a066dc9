"""The sections of a page, in its order: each function makes one of the facts."""
