"""The code of a user's own folder that goes into the generated module: read, never run, and what is wrong with it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from porter.rules.model import FRAMEWORKS, Framework, Rule, other
from porter.rules.shared import clashes
from porter.rules.template import NO_LAYERS, OWN, Definition, Template, defined_name, find, parsed

UNREADABLE = (OSError, SyntaxError, ValueError, RecursionError, MemoryError)


def faults_of_code(rules: Collection[Rule], folders: Sequence[Path]) -> list[str]:
    """What is wrong with the files below `standalone` in these folders, a sentence each, all at once."""
    if not any((folder / OWN).is_dir() for folder in folders):
        return []
    files = {path: side for folder in folders for side in FRAMEWORKS for path in _files(folder, side)}
    read: dict[Path, Template] = {}
    found: list[str] = [problem for folder in folders for problem in _strays(folder)]
    for path in files:
        try:
            read[path] = parsed(path.read_text(encoding="utf-8"))
        except UNREADABLE as error:
            found.append(f"{path}: cannot be read as Python: {error}")
    for path, template in read.items():
        found += [f"{path}:{line}: {text}" for line, text in sorted(_File(path, files[path], template, folders))]
    found += _unused(rules, files, read, folders)
    return found if found else list(dict.fromkeys(clashes(rules)))


def _files(folder: Path, side: Framework) -> list[Path]:
    return sorted(path for path in (folder / OWN / side).glob("*.py") if path.stem != "__init__")


def _strays(folder: Path) -> Iterator[str]:
    """Python that lies where nothing looks for it."""
    for path in sorted((folder / OWN).rglob("*.py")):
        inner = path.relative_to(folder / OWN).parts
        if inner[0] not in FRAMEWORKS or len(inner) != 2:
            yield f"{path}: nothing looks for it here; {OWN}/mindspore/X.py or {OWN}/torch/X.py is expected"
        elif path.stem in NO_LAYERS - {"__init__"}:
            yield f"{path}: {path.stem} is the name of a part of the generated module; choose another one"


class _File:
    """What is wrong with one file: (line, sentence)."""

    def __init__(self, path: Path, side: Framework, template: Template, folders: Sequence[Path]) -> None:
        self.path = path
        self.side: Framework = side
        self.template = template
        self.folders = list(reversed(folders[: _place(path, folders) + 1]))

    def __iter__(self) -> Iterator[tuple[int, str]]:
        body = self.template.tree.body
        for index, node in enumerate(body):
            yield from self._statement(node, first=index == 0)
        top = {id(node) for node in body}
        for inner in ast.walk(self.template.tree):
            if isinstance(inner, (ast.Import, ast.ImportFrom)):
                yield from self._import(inner, top=id(inner) in top)

    def _statement(self, node: ast.stmt, *, first: bool) -> Iterator[tuple[int, str]]:
        """What is copied are definitions by their names; all else that runs on import would be lost."""
        if isinstance(node, (ast.Import, ast.ImportFrom)) or (first and _is_text(node)):
            return
        name = defined_name(node) if isinstance(node, Definition) else ""
        if not name:
            lost = f"only imports, functions, classes and constants are copied; {_short(node)} would be lost"
            yield node.lineno, lost
        elif self.template.definitions[name] is not node:
            yield node.lineno, f"{name} is defined again further down; only one of the two would be copied"

    def _import(self, node: ast.Import | ast.ImportFrom, *, top: bool) -> Iterator[tuple[int, str]]:
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom) and "*" in names:
            yield node.lineno, "what a star import gives cannot be seen; name what is used"
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield from self._sibling(node, top)
        else:
            modules = [str(node.module)] if isinstance(node, ast.ImportFrom) else names
            for root in sorted({module.partition(".")[0] for module in modules} & {other(self.side), "porter"}):
                yield node.lineno, f"it imports {root}; the generated module computes with {self.side} alone"

    def _sibling(self, node: ast.ImportFrom, top: bool) -> Iterator[tuple[int, str]]:
        """`from .beside import name`, of a file that has it."""
        shown = f"from {'.' * node.level}{node.module or ''} import {', '.join(a.name for a in node.names)}"
        path = find(self.side, node.module or "", self.folders) if node.level == 1 and node.module else None
        if not top or any(alias.asname for alias in node.names):
            yield node.lineno, f"{shown}: what lies beside is imported at the top, under its own name"
        elif path is None:
            yield node.lineno, f"{shown}: there is no such file in {OWN}/{self.side}"
        else:
            for alias in node.names:
                if not _defines(path, alias.name):
                    yield node.lineno, f"{shown}: {path.name} defines no {alias.name} of its own"


def _defines(path: Path, name: str) -> bool:
    """Whether a file defines a name itself; what cannot be read is told elsewhere."""
    try:
        return name in parsed(path.read_text(encoding="utf-8")).definitions
    except UNREADABLE:
        return True


def _place(path: Path, folders: Sequence[Path]) -> int:
    return max(index for index, folder in enumerate(folders) if path.is_relative_to(folder / OWN))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _short(node: ast.stmt) -> str:
    return ast.unparse(node).splitlines()[0][:60]


def _unused(
    rules: Iterable[Rule], files: Iterable[Path], read: dict[Path, Template], folders: Sequence[Path]
) -> Iterator[str]:
    """Files that no rule names, and no file that is named imports from."""
    used = {
        path
        for rule in rules
        for side, names in rule.layer.items()
        for name in names.values()
        if (path := find(side, name, rule.folders)) is not None
    }
    waiting = list(used)
    while waiting:
        path = waiting.pop()
        template = read.get(path)
        for module, _ in template.siblings.values() if template else ():
            own = list(reversed(folders[: _place(path, folders) + 1]))
            side: Framework = "torch" if path.parent.name == "torch" else "mindspore"
            beside = find(side, module, own) if module else None
            if beside is not None and beside not in used:
                used.add(beside)
                waiting.append(beside)
    for path in files:
        if path not in used:
            yield f'{path}: changes nothing: no rule names it, as in [layer.{path.parent.name}] any = "{path.stem}"'
