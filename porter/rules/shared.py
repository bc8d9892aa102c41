"""Names that the parts of one generated module would share: two things of one name cannot stand in one file."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

from porter.rules.model import FRAMEWORKS, Framework, Rule, other
from porter.rules.template import STANDALONE, Template, collect, find, load
from porter.rules.transforms import TRANSFORMS

HELPERS = {"_by_axis", "_spread", "_members", "_layers"}
"""Functions that are made from rules and not from a template."""


def clashes(rules: Collection[Rule]) -> Iterator[str]:
    """What a user's code calls as the generated module, or other code in it, calls something else."""
    for side in FRAMEWORKS:
        reserved = _reserved(rules, side)
        for platform in ("gpu", "any"):
            yield from _Module(rules, side, platform, reserved)


def _reserved(rules: Collection[Rule], side: Framework) -> dict[str, str]:
    """Names of the generated module that come from no template of a rule, and what has them."""
    made = {f"_{t.run_time(back=back).__name__}" for t in TRANSFORMS.values() for back in (True, False)} | HELPERS
    found = dict.fromkeys(made | load(side, "members").definitions.keys(), "a function of the generated module")
    for rule in rules:
        members = rule.attribute_changes(other(side)) if rule.is_class else ()
        found |= {name.replace(".", "_"): f"the function that asks for {name}" for name in members}
        name = rule.side(other(side)).name
        if name and not rule.layer.get(side):
            found[name.rpartition(".")[2]] = f"what stands for {name}"
    return found


class _Module:
    """The clashes in the module of one framework and platform."""

    def __init__(self, rules: Collection[Rule], side: Framework, platform: str, reserved: dict[str, str]) -> None:
        self.side: Framework = side
        self.reserved = reserved
        self.layers: list[tuple[Rule, str]] = []
        self.texts = {name: (module, "the generated module") for name, module in _modules(rules, side)}
        for rule in sorted(rules, key=lambda rule: len(rule.folders)):
            names = rule.layer.get(side, {})
            template = names.get(platform) or names.get("any")
            if template is not None and find(side, template, rule.folders) is not None:
                self.layers.append((rule, template))

    def __iter__(self) -> Iterator[str]:
        for rule, template in self.layers:
            wanted = str(rule.side(other(self.side)).name).rpartition(".")[2]
            if wanted not in load(self.side, template, rule.folders).definitions:
                continue  # told by what the rule says of its layer
            for beside, name, source in collect(self.side, template, wanted, rule.folders):
                path = find(self.side, beside, rule.folders)
                assert path is not None
                for local, text in _bound(source, name):
                    what = self._other(path, local, text, is_wanted=local == wanted)
                    if what:
                        yield f"{path}: {local} is also {what}: give it another name"

    def _other(self, path: Path, local: str, text: str, *, is_wanted: bool) -> str:
        """What else has this name; "" where nothing has."""
        taken, where = self.texts.setdefault(local, (text, str(path)))
        if path.is_relative_to(STANDALONE):
            return ""
        reserved = "" if is_wanted else self.reserved.get(local, "")
        return reserved or ("" if taken == text else f"another thing in {where}")


def _modules(rules: Collection[Rule], side: Framework) -> Iterator[tuple[str, str]]:
    """How the classes that are derived from rules spell the modules of the framework."""
    for rule in rules:
        module = str(rule.side(side).name or "").rpartition(".")[0]
        if module:
            yield module.rpartition(".")[2], module


def _bound(source: Template, name: str) -> Iterator[tuple[str, str]]:
    """What a definition brings into a module: itself, and what the imports that it needs bind."""
    yield name, source.source(name)
    for used in source.names(name):
        for line in source.imports.get(used, ()):
            yield used, _meaning(line)


def _meaning(line: str) -> str:
    """`from a import b` and `import a.b as b` bind the same; `import a.b` binds a."""
    node = ast.parse(line).body[0]
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    alias = node.names[0]
    if isinstance(node, ast.ImportFrom):
        return f"{node.module}.{alias.name}"
    return alias.name if alias.asname else alias.name.partition(".")[0]
