"""`inplace=True`: torch's layer writes over its input, and MindSpore's does not, as whoever reads it again sees.

Where that is seen in the text, it is told there; where the option arrives with other arguments, at those.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.decision import Decision, Need, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.in_place.read_again import is_read_again, root_of
from porter.rewrite.decide.members.objects import Objects
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import ANY_CHANGE, TreeFacts
from porter.rules.model import Rule
from porter.source.kinds import is_off
from porter.source.scopes import Scope, parent
from porter.source.things import ClassOf, Function, Instance
from porter.source.values import Values

OPTION = "inplace"
LABEL = f"{OPTION}=True"
LOST = "MindSpore returns a new tensor: whoever reads the input afterwards sees the old values"
MAKERS = frozenset({"dict", "partial", "update", "setdefault"})
"""Functions that keep keywords for a later call."""


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """Findings about the layers of a file that write over their input in torch."""
    if tree.options.to != "mindspore" or not tree.makers:
        return
    rules = [rule for rule in tree.rules.chosen(tree.made) if with_option(rule)]
    if rules:
        yield from _Options(file, tree).decisions()
        yield from _Calls(file, tree, frozenset(rule.name for rule in rules)).decisions()


def with_option(rule: Rule | None) -> bool:
    """Whether a layer has the option, and its counterpart has not."""
    return rule is not None and OPTION in rule.params and bool(rule.params[OPTION].drop)


class _Options:
    """The option where it stands in no call of a layer."""

    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.tree = tree
        self.values: Values = tree.values(file)

    def decisions(self) -> Iterator[Decision]:
        for constant, _ in self.file.module.scopes.strings:
            if constant.value == OPTION and self._is_given(constant) and not self._goes_elsewhere(constant):
                yield self._told(constant)
        for call, scope in self.file.module.scopes.calls:
            for keyword in call.keywords:
                if keyword.arg == OPTION and not is_off(keyword.value) and self._is_kept(call, scope):
                    yield self._told(keyword)

    def _is_given(self, node: ast.Constant) -> bool:
        """`{"inplace": True}`, `options["inplace"] = True`, `options.setdefault("inplace", True)`."""
        above = parent(node)
        if isinstance(above, ast.Dict):
            pairs = zip(above.keys, above.values, strict=True)
            return any(key is node and not is_off(value) for key, value in pairs)
        if isinstance(above, ast.Call):
            keeps = isinstance(above.func, ast.Attribute) and above.func.attr == "setdefault"
            return keeps and len(above.args) == 2 and above.args[0] is node and not is_off(above.args[1])
        statement = parent(above) if isinstance(above, ast.Subscript) else None
        return isinstance(statement, ast.Assign) and above in statement.targets and not is_off(statement.value)

    def _goes_elsewhere(self, node: ast.Constant) -> bool:
        """Whether every call that the dict of a name is spread into is one of the tree's own functions."""
        display = parent(node)
        statement = parent(display) if isinstance(display, ast.Dict) else None
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        home = self.file.module.scopes.module
        if not isinstance(target, ast.Name) or target.id not in home.bindings:
            return False
        above = [parent(read) for read in self.values.reads_of(home, target.id)]
        calls = [parent(each) if isinstance(each, ast.keyword) and each.arg is None else None for each in above]
        return bool(calls) and all(isinstance(call, ast.Call) and self._is_own(call) for call in calls)

    def _is_own(self, call: ast.Call) -> bool:
        things = self.values.of(call.func).things
        return bool(things) and all(isinstance(thing, Function) for thing in things)

    def _is_kept(self, call: ast.Call, scope: Scope) -> bool:
        """Whether a call gives the option to what may be a layer's class, without naming it."""
        if id(call.func) in self.file.resolved:
            return False
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in MAKERS:
            return True
        things = self.values.of(call.func).things
        return any(isinstance(thing, ClassOf) and with_option(self._rule(thing.name)) for thing in things)

    def _rule(self, name: str) -> Rule | None:
        return self.tree.rules.find(name, self.file.options.source)

    def _told(self, node: ast.expr | ast.keyword) -> Decision:
        start = self.file.module.text.offset(node.lineno, node.col_offset)
        reason = Reason(Code.IN_PLACE, f"{LABEL} is dropped where a layer gets it: {LOST}")
        return told(self.file.path, start, Level.REVIEW, LABEL, reason, (Need((ANY_CHANGE,), MOVES),))


class _Calls:
    """Calls of layers that were given the option."""

    def __init__(self, file: FileFacts, tree: TreeFacts, names: frozenset[str]) -> None:
        self.file = file
        self.tree = tree
        self.names = names
        self.objects = Objects(file, tree)
        self.values: Values = tree.values(file)

    def decisions(self) -> Iterator[Decision]:
        for call, _ in self.file.module.scopes.calls:
            if len(call.args) != 1 or call.keywords or id(call.func) in self.file.resolved:
                continue
            if root_of(call.args[0]) is None or not self.values.may_hold(call.func):
                continue
            things = self.values.of(call.func).things
            writes = any(isinstance(thing, Instance) and self._writes(thing) for thing in things)
            if writes and is_read_again(call.args[0], call, self.values):
                yield self._told(call)

    def _writes(self, thing: Instance, depth: int = 0) -> bool:
        """Whether a layer writes over what it is given: itself, or the first of those inside."""
        rule, call = self.tree.rules.find(thing.name, self.file.options.source), thing.made_at
        if rule is None or call is None:
            return False
        if rule.name == "nn.Sequential" and call.args and depth < 3:
            first = self.values.home(call).of(call.args[0]).things
            return any(isinstance(each, Instance) and self._writes(each, depth + 1) for each in first)
        return rule.name in self.names and self._is_on(rule, call)

    def _is_on(self, rule: Rule, call: ast.Call) -> bool:
        signature = rule.torch.signature
        place = signature.positional.index(OPTION) if signature is not None and OPTION in signature.positional else -1
        if 0 <= place < len(call.args) and not any(isinstance(a, ast.Starred) for a in call.args):
            return not is_off(call.args[place])
        for keyword in call.keywords:
            if keyword.arg == OPTION:
                return not is_off(keyword.value)
        return any(k.arg is None and self._is_in(k.value) for k in call.keywords)

    def _is_in(self, node: ast.expr) -> bool:
        """Whether a dict that the text shows holds the option."""
        if isinstance(node, ast.Dict):
            keys = zip(node.keys, node.values, strict=True)
            return any(isinstance(k, ast.Constant) and k.value == OPTION and not is_off(v) for k, v in keys)
        found = self.values.home(node).scope(node).lookup(node.id) if isinstance(node, ast.Name) else None
        return any(self._is_in(given) for b in (found[1] if found else ()) if (given := _given(b.node)) is not None)

    def _told(self, call: ast.Call) -> Decision:
        start, known = self.file.module.text.span(call)[0], self.objects.of(call.func)
        shown = ast.unparse(call.args[0])
        text = f"torch's layer writes over {shown} ({LABEL}), which is read again; MindSpore's makes a new tensor"
        return told(self.file.path, start, Level.CHANGED, LABEL, Reason(Code.IN_PLACE, text), known.some)


def _given(node: ast.AST) -> ast.expr | None:
    """What a statement, or a default, gives a name."""
    above = parent(node)
    if isinstance(above, (ast.Assign, ast.AnnAssign)):
        return above.value
    if not isinstance(node, ast.arg) or not isinstance(above, ast.arguments):
        return None
    every = [*above.posonlyargs, *above.args]
    if node in above.kwonlyargs:
        return above.kw_defaults[above.kwonlyargs.index(node)]
    place = every.index(node) - len(every) + len(above.defaults) if node in every else -1
    return above.defaults[place] if place >= 0 else None
