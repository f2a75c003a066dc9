"""The sections of a page: each function makes one section from the facts."""
