"""Small random trees whose files import one another, what Python finds there, and what porter finds."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from porter.source.finder import DOUBT
from porter.source.index import TreeIndex
from porter.source.origins import longest_module
from porter.source.text import read_text

NAMES = ("a", "b", "c", "src", "pkg")
MAIN = 'if __name__ == "__main__":\n    WHO\n'
Place = tuple[str, int]


@dataclass(frozen=True)
class RandomTree:
    """Files by path, and the one that is started."""

    files: dict[str, str]
    start: str

    def write(self, folder: Path) -> None:
        """Write the files below a folder."""
        for path, text in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)


def random_tree(seed: int) -> RandomTree:
    """A tree of up to ten files in up to three levels, some of the folders with an `__init__.py`."""
    dice = random.Random(seed)
    folders = [""]
    for _ in range(dice.randint(1, 4)):
        above = dice.choice(folders)
        if above.count("/") < 2:
            folders.append(f"{above}{dice.choice(NAMES)}/")
    paths = {f"{dice.choice(folders)}{dice.choice(NAMES)}.py" for _ in range(dice.randint(2, 8))}
    start = dice.choice(sorted(paths))
    share = dice.choice([0.0, 0.3, 1.0])
    paths |= {f"{folder}__init__.py" for folder in folders[1:] if dice.random() < share}
    root = dice.choice(["", f"{start.rpartition('/')[0]}/".lstrip("/")])
    files = {path: _text(dice, path, sorted(paths), root, path == start) for path in sorted(paths)}
    return RandomTree(files, start)


def _text(dice: random.Random, path: str, paths: list[str], root: str, started: bool) -> str:
    """Imports that are mostly spelled from the folder `root`, so that a good part of the programs runs."""
    lines = ["WHO = __file__", "import json"]
    for number in range(dice.randint(started, 3)):
        as_usual = dice.random() < 0.9
        other = dice.choice([p for p in paths if p.startswith(root)] if as_usual else paths)
        other = other.removeprefix(root).removesuffix(".py").removesuffix("/__init__").removesuffix("__init__")
        parts = other.split("/")[0 if as_usual else dice.choice([0, 1, 2]) :]
        if parts and parts[0]:
            statement, found = _statement(dice, path, parts, f"w{number}")
            lines += [statement, f"print(json.dumps([__file__, {number}, {found}]))"]
    return "\n".join([*lines, MAIN if started or dice.random() < 0.1 else ""])


def _statement(dice: random.Random, path: str, parts: list[str], name: str) -> tuple[str, str]:
    """An import of a module, or of what it holds, and the expression that tells which file that was."""
    dotted, last = ".".join(parts), parts[-1]
    form = dice.randrange(10)
    if form < 2 or (form < 4 and path.endswith("__init__.py")):
        return f"import {dotted} as {name}", f"{name}.__file__"
    if form < 4:  # in a package `import a.b` would give the package an attribute a
        return f"import {dotted}", f"{dotted}.__file__"
    if form < 6 and len(parts) > 1:
        return f"from {'.'.join(parts[:-1])} import {last} as {name}", f"{name}.__file__"
    if form == 6:
        return f"from {'.' * dice.choice([1, 1, 2])}{last} import WHO as {name}", name
    return f"from {dotted} import WHO as {name}", name


def found_by_python(tree: RandomTree, folder: Path) -> dict[Place, str]:
    """The file that each import finds when the tree is started, as a module where it fails as a file, and runs."""
    ways = [[tree.start], ["-m", tree.start.removesuffix(".py").replace("/", ".")]]
    for way in ways:
        command = [sys.executable, "-B", "-S", *way]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if not run.returncode:
            break
    else:
        return {}
    found: dict[Place, str] = {}
    for line in run.stdout.splitlines():
        importer, number, path = json.loads(line)
        if path is not None:
            found[_below(folder, importer), number] = _below(folder, path)
    return found


def _below(folder: Path, path: str) -> str:
    return (folder / path).resolve().relative_to(folder.resolve()).as_posix()


def found_by_porter(tree: RandomTree) -> dict[Place, str]:
    """The file that porter takes each import to find: "?" where it doubts, "" for nothing of the tree."""
    texts = {path: read_text(text.encode()) for path, text in tree.files.items()}
    index = TreeIndex.build("top", texts, frozenset(texts))
    found: dict[Place, str] = {}
    for path, text in tree.files.items():
        for row, line in enumerate(text.split("\n")):  # the import stands on the line before, which is number `row`
            if line.startswith("print("):
                _, number, spelled = line.removesuffix("]))").split(", ")
                found[path, int(number)] = _meant(index, path, row, spelled.removesuffix(".__file__"))
    return found


def _meant(index: TreeIndex, path: str, row: int, spelled: str) -> str:
    name, *rest = spelled.split(".")
    bindings = index.modules[path].scopes.module.bindings[name]
    (target,) = (binding.target or "" for binding in bindings if getattr(binding.node, "lineno", 0) == row)
    if target.startswith(DOUBT):
        return DOUBT
    module, left = longest_module(index.resolve(".".join([target, *rest])), index.by_dotted)
    return module.path if module is not None and left in ([], ["WHO"]) else ""
