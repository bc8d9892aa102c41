"""Names whose calls become something of another shape: what the rule's templates make of each use."""

from __future__ import annotations

import ast

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.calls.dropping import decorator, dropped, statement
from porter.rewrite.decide.calls.filling import filled
from porter.rewrite.decide.calls.forms import Fits, Unfit, choose
from porter.rewrite.decide.calls.kinds import Kinds
from porter.rewrite.decide.change import Drop, Move, Target, target_of
from porter.rewrite.decide.decision import SILENT, Form, Reason, Way
from porter.rewrite.decide.facts import FileFacts, Use
from porter.rewrite.decide.tree import TreeFacts
from porter.rules.model import Rule
from porter.source.kinds import DEFINITIONS
from porter.source.scopes import parent


def formed(use: Use, rule: Rule, file: FileFacts, tree: TreeFacts) -> Way:
    """The best way for a use of a name whose rule has templates."""
    node = use.inner or use.reference.node
    gone = _decorator(node, rule, file)
    if gone is not None:
        return Way(Form.NATIVE, gone)
    read = rule.side(rule.source).signature is None
    if use.kind is not Kind.CALL and not read:
        return _by_function(use, rule, tree)
    call = use.call if not read else None
    kinds = Kinds(file, tree)
    found = choose(rule, call, kinds.of)
    if isinstance(found, Unfit):
        return Way(Form.STAYS, level=Level.MANUAL, why=Reason(Code.CALL_REFUSED, found.why))
    notes = tuple(Reason(Code.CONDITION, note) for note in getattr(found, "notes", ()))
    if not isinstance(found, Fits):
        return _by_function(use, rule, tree)
    level = Level.REVIEW if notes else Level.SAFE
    name = rule.side(tree.options.to).name
    if found.entry.template is None and name is not None:
        return Way(Form.NATIVE, Move(use.start, use.end, target_of(name)), level, SILENT, notes)
    whole: ast.expr = call if call is not None else node
    fill = filled(rule, found, whole, None, file, kinds.of) if found.entry.template else None
    change = dropped(fill, whole, file.module.text) or fill if fill else None
    return Way(Form.NATIVE, change, level, SILENT, notes) if change else _by_function(use, rule, tree, notes)


def assignment(use: Use, file: FileFacts, tree: TreeFacts) -> Way | None:
    """`torch.backends.cudnn.benchmark = True`, where the other side needs no such thing."""
    target = parent(use.reference.node)
    above = parent(target) if isinstance(target, ast.Attribute) and isinstance(target.ctx, ast.Store) else None
    if not isinstance(above, ast.Assign) or above.targets != [target] or not isinstance(target, ast.Attribute):
        return None
    rule = tree.rules.find(f"{use.reference.qualified}.{target.attr}", tree.options.source)
    if rule is None or not rule.assigned or not isinstance(above.value, (ast.Constant, ast.Name)):
        return None
    return Way(Form.NATIVE, statement(above, file.module.text))


def _decorator(node: ast.expr, rule: Rule, file: FileFacts) -> Drop | None:
    """The line of a decorator that gives back what it is given: `@torch.jit.unused`."""
    above, template = parent(node), rule.forms[0].template
    signature = rule.side(rule.source).signature
    first = signature.positional[:1] if signature is not None else []
    is_one = isinstance(above, DEFINITIONS) and node in above.decorator_list
    same = template is not None and [template.text.strip("{}")] == first
    return decorator(node, file.module.text) if is_one and same else None


def _by_function(use: Use, rule: Rule, tree: TreeFacts, notes: tuple[Reason, ...] = ()) -> Way:
    """The function of the generated module takes every call as it stands."""
    name = str(rule.side(rule.source).name).rpartition(".")[2]
    move = Move(use.start, use.end, Target(tree.options.layers, name))
    return Way(Form.LAYER, move, Level.REVIEW if notes else Level.SAFE, SILENT, notes)
