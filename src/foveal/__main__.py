"""Run the command line as a module: `python -m foveal` does what the command `foveal` does."""

from foveal.cli.main import main

if __name__ == "__main__":
    main()
