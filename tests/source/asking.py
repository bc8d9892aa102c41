"""A small tree, a small knowledge of torch, and questions about both: shared by the tests of values."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent

from porter.source.handed import bind_stars
from porter.source.index import TreeIndex
from porter.source.names import SourceModule
from porter.source.stores import Stores
from porter.source.text import read_text
from porter.source.things import (
    Answer,
    ClassOf,
    Function,
    Instance,
    Module,
    OfTree,
    Plain,
    Sequence,
    Thing,
    TreeClass,
)
from porter.source.values import Family, Values

TORCH = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
SEEN = "print"


@dataclass
class SmallKnowledge:
    """By imports alone, and without any rule but a few."""

    index: TreeIndex
    source: str = "torch"
    names: dict[int, str] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)

    def qualified(self, module: SourceModule, node: ast.expr) -> str | None:
        if module.path not in self.read:
            self.read.add(module.path)
            for reference in self.index.references(module):
                if reference.ambiguous or self.index.shadows(module, self.source):
                    continue
                for count, each in enumerate(reference.nodes):
                    self.names[id(each)] = ".".join((reference.meaning, *reference.parts[1 : count + 1]))
        name = self.names.get(id(node), "")
        return name if name == self.source or name.startswith(f"{self.source}.") else None

    def returns(self, name: str) -> str | None:
        return {"torch.zeros": "tensor", "torch.special_pair": "tensors"}.get(name)

    def is_layer(self, name: str) -> bool:
        return name in ("torch.nn.Conv3d", "mindspore.nn.Conv3d")

    def derived(self, name: str) -> tuple[str, ...]:
        """One class is above two others."""
        return ("torch.nn.Conv2d", "torch.nn.Conv3d") if name == "torch.nn.modules.conv._ConvNd" else ()

    def method_returns(self, cls: str, method: str) -> str | None:
        return {("torch.Tensor", "view"): "tensor"}.get((cls, method))


class Asked:
    """A tree, and the answers for the expressions that its files mark: `SEEN(expression)`.

    A mark is a call of `print`, which leaves what it gets as it is.
    """

    def __init__(self, files: Mapping[str, str], source: str = "torch") -> None:
        texts = {path: read_text(dedent(text).replace("SEEN(", f"{SEEN}(").encode()) for path, text in files.items()}
        self.index = TreeIndex.build("tree", texts, frozenset(files))
        bind_stars(self.index)
        self.stores = Stores(self.index.modules.values())
        self.family = Family(self.index)
        self.knowledge = SmallKnowledge(self.index, source)

    def values(self, path: str) -> Values:
        return Values(self.index.modules[path], self.index, self.knowledge, self.stores, self.family)

    def marked(self, path: str) -> list[ast.expr]:
        module = self.index.modules[path]
        calls = [c for c, _ in module.scopes.calls if isinstance(c.func, ast.Name) and c.func.id == SEEN]
        return [c.args[0] for c in sorted(calls, key=lambda c: (c.lineno, c.col_offset))]

    def answers(self, path: str = "m.py") -> list[Answer]:
        values = self.values(path)
        return [values.of(node) for node in self.marked(path)]


def shown(answer: Answer) -> str:
    """An answer in few letters: `torch.Tensor | none`, a question mark behind what was assumed."""
    if not answer.things:
        return "?"
    return " | ".join(sorted({spelled(thing) for thing in answer.things})) + (" (assumed)" if answer.assumed else "")


def spelled(thing: Thing) -> str:
    if isinstance(thing, Instance):
        return thing.name.rpartition(".")[2]
    if isinstance(thing, ClassOf):
        return f"class {thing.name.rpartition('.')[2]}"
    if isinstance(thing, Module):
        return f"module {thing.name}"
    if isinstance(thing, OfTree):
        return f"a {thing.node.name}"
    if isinstance(thing, TreeClass):
        return f"class {thing.node.name}"
    if isinstance(thing, Function):
        return f"def {getattr(thing.node, 'name', 'lambda')}"
    if isinstance(thing, Plain):
        return thing.kind
    assert isinstance(thing, Sequence)
    return f"{thing.kind}[{' | '.join(sorted({spelled(t) for t in thing.items})) or '?'}]"


def ask(text: str, source: str = "torch", **more: str) -> list[str]:
    """What the marked expressions of a file are."""
    start = TORCH if source == "torch" else "import mindspore\nimport mindspore.nn as nn\nfrom mindspore import ops\n"
    files = {"m.py": start + dedent(text), **{f"{name}.py": dedent(given) for name, given in more.items()}}
    return [shown(answer) for answer in Asked(files, source).answers()]
