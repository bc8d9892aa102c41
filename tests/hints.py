"""`python -m tests.hints`: take the lines out of `rules/hints.toml` that a shipped rule has made idle."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from porter.rules.hints import FILE, Hint, read_hints
from porter.rules.load import RuleBook, load_rules, rule_folder


def idle_hints(book: RuleBook, hints: dict[str, Hint]) -> list[str]:
    """The names of hints that a rule speaks of."""
    return [name for name, hint in hints.items() if book.find(name, hint.side) is not None]


def without(text: str, names: list[str]) -> str:
    """A file of hints without the lines of these names."""
    gone = {f'"{name}" =' for name in names}
    return "".join(line for line in text.splitlines(keepends=True) if line.partition(" =")[0] + " =" not in gone)


def main(path: Path, console: Console) -> None:
    """Clean the file."""
    idle = idle_hints(load_rules(), read_hints(path))
    if idle:
        path.write_text(without(path.read_text(encoding="utf-8"), idle), encoding="utf-8")
    console.print("\n".join([*(f"{name}: a rule speaks of it" for name in idle), f"{len(idle)} lines taken out."]))


if __name__ == "__main__":
    main(rule_folder() / FILE, Console())
