"""`porter`, and `python -m porter`: signals and streams are seen to before anything that takes time is loaded."""

from porter import signals


def main() -> None:
    """Run the command line and end the process with its exit code."""
    signals.install()
    from porter import streams

    streams.prepare()
    from porter import cli

    cli.main()


if __name__ == "__main__":
    main()
