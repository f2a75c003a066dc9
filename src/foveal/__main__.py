"""Entry point of `python -m foveal`, which runs the command line `foveal`."""

from foveal.cli.main import main

if __name__ == "__main__":
    main()
