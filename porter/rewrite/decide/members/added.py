"""`self.add_module("n", layer)` is `setattr(self, "n", layer)`: so MindSpore puts "n" before the layer's names."""

from __future__ import annotations

import ast

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.change import NameEdit, Write
from porter.rewrite.decide.decision import Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.telling import QUIET, told
from porter.source.names import SourceModule
from porter.source.scopes import Scope, parent

METHOD, KEYWORDS = "add_module", ["name", "module"]
NO_PREFIX = Reason(
    Code.NO_PREFIX, "MindSpore's method puts no prefix before the parameters' names, so two layers may share them"
)
LABEL = "nn.Module"


def added_by_name(module: SourceModule, node: ast.Attribute, scope: Scope, needs: tuple[Need, ...]) -> Decision:
    """A call of `add_module` on an object becomes a call of `setattr`; a remark where that cannot be."""
    call = parent(node)
    start, end = module.text.span(node)
    if not isinstance(call, ast.Call) or call.func is not node or not _is_plain(call, node, scope):
        return told(module.path, end - len(METHOD), Level.MANUAL, f"{LABEL}.{METHOD}", NO_PREFIX, needs)
    opened = module.text.data.index(b"(", end) + 1
    receiver = module.text.data[slice(*module.text.span(node.value))].decode()
    space = "" if module.text.data[opened : opened + 1].isspace() else " "
    pieces = [NameEdit(start, opened, f"setattr({receiver},{space}")]
    for keyword in call.keywords:
        first, _ = module.text.span(keyword)
        pieces.append(NameEdit(first, module.text.span(keyword.value)[0], ""))
    way = Way(Form.WRITTEN, Write(tuple(pieces)), needs=needs)
    return Decision(Place(module.path, start, opened, Kind.METHOD), (way, QUIET), LABEL)


def _is_plain(call: ast.Call, node: ast.Attribute, scope: Scope) -> bool:
    """Whether the arguments stand in setattr's order, and the receiver is a name that no other edit touches."""
    given = [*(None for _ in call.args), *(keyword.arg for keyword in call.keywords)]
    in_order = all(name in (None, expected) for name, expected in zip(given, KEYWORDS, strict=False))
    starred = len(call.args) == 1 and isinstance(call.args[0], ast.Starred) and not call.keywords
    written = len(given) == len(KEYWORDS) and in_order and not any(isinstance(a, ast.Starred) for a in call.args)
    named = isinstance(node.value, ast.Name)
    return named and (written or starred) and None not in [k.arg for k in call.keywords] and not scope.lookup("setattr")
