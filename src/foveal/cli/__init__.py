"""The command line: one module for each command; parsing and printing only."""
