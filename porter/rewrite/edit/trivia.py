"""Comments that stand inside a name which is replaced: they follow what takes its place."""

from __future__ import annotations

from porter.source.text import comments


def with_comments(before: str, after: str, newline: str) -> str:
    """`after` with the comments of the text that it replaces (`nn  # a`, on the next line `.Conv3d`) behind it.

    A comment inside an expression stands inside brackets: those around the name, or its own.
    """
    found = comments(f"({before}{newline})") if "#" in before else []
    if not found:
        return after
    indent = before.splitlines()[-1]
    indent = indent[: len(indent) - len(indent.lstrip())]
    text = f"{after}  {f'{newline}{indent}'.join(found)}{newline}"
    return f"({text})" if "(" in before else text
