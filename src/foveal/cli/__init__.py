"""The command line: one module per command, which parses options and prints results."""
