"""The command line, a module for each command; a package so that its conftest does not hide that of all tests."""
