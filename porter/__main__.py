"""`python -m porter` is the same as `porter`."""

from porter.cli import main

if __name__ == "__main__":
    main()
