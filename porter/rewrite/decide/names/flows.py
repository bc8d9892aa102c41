"""Where the value of an expression goes: into calls of the source framework, to what they make, or out of sight."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from porter.rewrite.decide.decision import Place
from porter.rewrite.decide.facts import FileFacts, Use, canonical_name
from porter.rewrite.decide.names.members_read import MemberReads
from porter.rewrite.decide.names.reads import Definition, FileReads, TreeReads
from porter.rewrite.decide.names.steps import ENDS, OPEN, Reached, Spot, Step, joined
from porter.source.index import TreeIndex, enclosing_class, enclosing_function
from porter.source.kinds import COMPREHENSIONS
from porter.source.scopes import parent

AROUND = (ast.keyword, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.IfExp, ast.Starred, ast.BoolOp, ast.Await)
HANDING = frozenset({"get", "pop", "values", "items", "keys", "copy", "setdefault"})
"""Methods of a table whose result holds what the table holds."""
COLLECTING = frozenset({"append", "add", "insert", "extend", "update", "setdefault"})
DEFAULTING = frozenset({"get", "pop", "setdefault"})
"""Methods of a table that give their second argument where it has not the key."""
GATHERING = frozenset({"list", "tuple", "set", "frozenset", "dict", "sorted", "reversed", "iter", "next", "zip"})
GATHERING |= {"map", "filter", "enumerate", "max", "min"}
HOLDING = frozenset({"types.SimpleNamespace", "types.MappingProxyType", "collections.OrderedDict", "collections.deque"})
"""Classes of the standard library whose objects hold what they are made with."""
KEYS = "a table with keys of what stays"
HARMLESS = (ast.Expr, ast.If, ast.While, ast.FormattedValue, ast.Assert, ast.MatchValue, ast.Match)
"""What looks at a value and keeps nothing of it."""


class Flows:
    """Answers for a tree."""

    def __init__(self, index: TreeIndex, files: Mapping[str, FileFacts]) -> None:
        self.reads = TreeReads(index)
        self.members = MemberReads(self.reads)
        self.files = files
        self._steps: dict[int, Step] = {}
        self._met: set[int] = set()

    @cached_property
    def _uses(self) -> dict[int, tuple[Place, Use]]:
        """The names of the framework by their expressions."""
        uses = ((file, use) for file in self.files.values() for use in file.uses if use.reference.root is not None)
        return {id(use.reference.node): (file.place(use), use) for file, use in uses}

    def of(self, node: ast.expr, file: FileReads) -> Step:
        """All that the value of an expression reaches from the place where it stands; nothing is `onward`."""
        todo: list[tuple[Spot, bool]] = [((node, file), True)]
        met = {(id(node), True)}
        reached: dict[Reached, None] = {}
        is_open = False
        while todo:
            spot, own = todo.pop()
            step = self._step(*spot)
            is_open = is_open or (step.is_open and own)
            reached |= dict.fromkeys(step.reached)
            found = [*((each, own) for each in step.onward), *((each, False) for each in step.beside)]
            new = [(each, owned) for each, owned in found if (id(each[0]), owned) not in met]
            met.update((id(each[0]), owned) for each, owned in new)
            todo += new
        return Step((), tuple(reached), is_open)

    def _step(self, node: ast.expr, file: FileReads) -> Step:
        if id(node) not in self._steps:
            self._steps[id(node)] = self._from(node, file)
        return self._steps[id(node)]

    def makers(self, node: ast.expr, file: FileReads) -> list[tuple[Place, ...]]:
        """The names of the framework whose calls make an object, if nothing else does.

        While all of one group stay, the object is the source framework's.
        """
        return self._made_by(node, file) or []

    def _made_by(self, node: ast.expr, file: FileReads) -> list[tuple[Place, ...]] | None:
        """The same; None where a circle closes: what is made from itself is what else it is made from."""
        if id(node) in self._met:
            return None
        self._met.add(id(node))
        try:
            return self._makers(node, file)
        finally:
            self._met.discard(id(node))

    def _makers(self, node: ast.expr, file: FileReads) -> list[tuple[Place, ...]] | None:
        if isinstance(node, ast.Call):
            made = self._uses.get(id(node.func))
            if made is not None:
                return [(made[0],)]
            return self._made_by(node.func.value, file) if isinstance(node.func, ast.Attribute) else []
        if id(node) in self._uses:
            return []
        if isinstance(node, (ast.Attribute, ast.Subscript)) and (found := self.makers(node.value, file)):
            return found
        if isinstance(node, ast.BinOp):
            return [*self.makers(node.left, file), *self.makers(node.right, file)]
        if isinstance(node, ast.Constant):
            return None  # `x = None`, before a loop gives it something
        values = [node.body, node.orelse] if isinstance(node, ast.IfExp) else self.reads.values(node, file)
        found_all = [self._made_by(value, file) if value is not None else [] for value in values]
        groups = [found for found in found_all if found is not None]
        return [tuple(p for found in groups for each in found for p in each)] if groups and all(groups) else []

    def _from(self, node: ast.expr, file: FileReads) -> Step:
        above = parent(node)
        if isinstance(above, ast.keyword):
            call = parent(above)
            return self._given(call, above, file) if isinstance(call, ast.Call) else OPEN
        if isinstance(above, ast.Call):
            return self._given(above, node, file) if above.func is not node else OPEN
        if isinstance(above, ast.NamedExpr):
            return joined([self._held([above.target], file), Step(((above, file),))])
        if isinstance(above, AROUND + COMPREHENSIONS) and isinstance(above, ast.expr):
            keys = above.keys if isinstance(above, ast.Dict) and node in above.keys else []
            found = [Reached(above, p, KEYS) for key in keys if key and key is not node for p in self.makers(key, file)]
            return Step(((above, file),), tuple(found)) if node is not getattr(above, "test", None) else ENDS
        if isinstance(above, ast.Subscript):
            return self._looked_up(node, above, file)
        if isinstance(above, ast.Attribute):
            call = parent(above)
            if not isinstance(call, ast.Call) or call.func is not above:
                return Step(((above, file),), is_open=True)
            if above.attr not in HANDING:
                return ENDS
            found = [Reached(call, places, KEYS) for key in call.args[:1] for places in self.makers(key, file)]
            return Step(((call, file),), tuple(found))
        return self._statement(node, above, file)

    def _statement(self, node: ast.expr, above: ast.AST | None, file: FileReads) -> Step:
        if isinstance(above, ast.Compare):
            return self._compared(node, above, file)
        if isinstance(above, ast.Assign):
            return self._held(above.targets, file)
        if isinstance(above, (ast.AnnAssign, ast.AugAssign)):
            return self._held([above.target], file) if above.value is node else ENDS
        if isinstance(above, (ast.For, ast.comprehension)):
            return self._held([above.target], file) if above.iter is node else ENDS
        if isinstance(above, ast.arguments):
            return self._defaulted(node, above, file)
        if isinstance(above, ast.Return):
            return self._returned(above, file)
        return ENDS if isinstance(above, HARMLESS) else OPEN

    def _compared(self, node: ast.expr, above: ast.Compare, file: FileReads) -> Step:
        """Of what is compared: what the other sides are made by, and where a name on the other side goes."""
        sides = [side for side in (above.left, *above.comparators) if side is not node]
        found = [(side, places) for side in sides for places in self.makers(side, file)]
        reads = [self.reads.reads(side, file) or () for side in sides if isinstance(side, ast.Name)]
        what = "a comparison with what stays"
        return Step(
            reached=tuple(Reached(above, places, what) for _, places in found),
            beside=tuple(spot for each in reads for spot in each if spot[0] not in sides),
        )

    def _looked_up(self, node: ast.expr, above: ast.Subscript, file: FileReads) -> Step:
        """Of a table, or of a key: what is found, and keys that have to be of the same framework."""
        if above.value is node:
            found = [Reached(above, places, KEYS) for places in self.makers(above.slice, file)]
            return Step(((above, file),), tuple(found))
        tables = [v for v in (above.value, *self.reads.values(above.value, file)) if isinstance(v, ast.Dict)]
        keys = [key for table in tables for key in table.keys if key is not None]
        return Step(reached=tuple(Reached(above, places, KEYS) for key in keys for places in self.makers(key, file)))

    def _held(self, targets: Iterable[ast.expr], file: FileReads) -> Step:
        """Of what is stored: all places where it is read."""
        return joined(self._read(target, file) for target in targets)

    def _read(self, target: ast.expr, file: FileReads) -> Step:
        if isinstance(target, (ast.Tuple, ast.List)):
            return self._held(target.elts, file)
        if isinstance(target, (ast.Starred, ast.Subscript)):
            return self._read(target.value, file)
        reads = self.reads.reads(target, file)
        return OPEN if reads is None else Step((*reads, *self._from_outside(target)))

    def _from_outside(self, target: ast.expr) -> Iterator[Spot]:
        """Where others read what the body of a class, or a method by `self`, stores."""
        inside = enclosing_class(target)
        name = target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else ""
        if inside is not None and (isinstance(target, ast.Attribute) or enclosing_function(target) is None):
            yield from self.members.of(inside, name)

    def _defaulted(self, node: ast.expr, arguments: ast.arguments, file: FileReads) -> Step:
        positional = [*arguments.posonlyargs, *arguments.args]
        pairs = [*zip(reversed(positional), reversed(arguments.defaults), strict=False)]
        pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
        argument = next((argument for argument, default in pairs if default is node), None)
        return OPEN if argument is None else self._parameter(argument, file)

    def _parameter(self, argument: ast.arg, file: FileReads) -> Step:
        return Step(tuple(self.reads.parameter(argument, file)))

    def _returned(self, statement: ast.Return, file: FileReads) -> Step:
        function = enclosing_function(statement)
        if function is None or isinstance(parent(function), ast.ClassDef):
            return OPEN
        reads = self.reads.named(function.name, self.reads.scope_of(function, file), file)
        calls = [(parent(node), there) for node, there in reads]
        return joined(Step(((c, t),)) if isinstance(c, ast.Call) else OPEN for c, t in calls) if calls else OPEN

    def _given(self, call: ast.Call, argument: ast.expr | ast.keyword, file: FileReads) -> Step:
        """Of what a call is given."""
        function, made = call.func, self._uses.get(id(call.func))
        if made is not None:
            place, use = made
            label = use.rule.name if use.rule is not None else canonical_name(use)
            return Step(reached=(Reached(call, (place,), f"{label}, which stays"),))
        by_method = self._given_to(call, function, argument, file) if isinstance(function, ast.Attribute) else None
        if by_method is not None:
            return by_method
        if isinstance(function, ast.Lambda):
            return self._passed(call, argument, Definition(function, file))
        first = call.args[0] if call.args and argument is not call.args[0] else None
        if isinstance(function, ast.Name) and self.reads.is_builtin(function, file):
            handed = self._handed(first, argument, file) if function.id in ("map", "filter") else ENDS
            goes_on = function.id in GATHERING or (function.id == "getattr" and argument in call.args[2:])
            return joined([handed, Step(((call, file),))]) if goes_on else ENDS
        meaning = self.reads.meaning(function, file) or ""
        if meaning == "functools.partial" and first is not None:
            return self._handed(first, argument, file)
        found = self.reads.definition(function, file)
        if found is None and (
            meaning in HOLDING or self.members.made_of(call, file) or self._is_record(function, file)
        ):
            return Step(((call, file),))
        if found is not None:
            return self._passed(call, argument, found)
        return OPEN if isinstance(function, ast.Name) or self.reads.is_imported(function, file) else ENDS

    def _given_to(
        self, call: ast.Call, method: ast.Attribute, argument: ast.expr | ast.keyword, file: FileReads
    ) -> Step | None:
        """Of what a method is given, of an object that stays or of a table; None for any other."""
        asked = self._asked(call, method, file)
        makers = self.makers(asked[0] if asked is not None else method.value, file)
        what = f".{asked[1] if asked is not None else method.attr} of an object that stays"
        if makers:
            return Step(reached=tuple(Reached(call, places, what) for places in makers))
        given = Step(((call, file),)) if method.attr in DEFAULTING and argument in call.args[1:2] else None
        if method.attr in COLLECTING:
            return joined([given or ENDS, self._read(method.value, file)])
        return given

    def _asked(self, call: ast.Call, function: ast.Attribute, file: FileReads) -> tuple[ast.expr, str] | None:
        """The object that an earlier run has given to a function of the generated module, and its member."""
        home, _, name = (self.reads.meaning(function, file) or "").rpartition(".")
        facts = self.files.get(file.module.path)
        if facts is None or home.rpartition(".")[2] != facts.options.layers or not call.args:
            return None
        known = facts.rules.table("functions")[facts.options.source].get(name)
        return (call.args[0], known[0]) if known is not None else None

    def _is_record(self, function: ast.expr, file: FileReads) -> bool:
        """Whether a name was given a class that `namedtuple` makes."""
        makers = [value.func for value in self.reads.values(function, file) if isinstance(value, ast.Call)]
        return any(self.reads.meaning(maker, file) == "collections.namedtuple" for maker in makers)

    def _handed(self, function: ast.expr | None, argument: ast.expr | ast.keyword, file: FileReads) -> Step:
        """Into a function that is called later, and gets it by name, or as its first argument."""
        made = self._uses.get(id(function))
        if made is not None:
            place, use = made
            label = use.rule.name if use.rule is not None else canonical_name(use)
            return Step(reached=(Reached(argument, (place,), f"{label}, which stays"),))
        found = self.reads.definition(function, file) if function is not None else None
        if found is None:
            return OPEN
        arguments = found.function.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        name = argument.arg if isinstance(argument, ast.keyword) else named[found.bound].arg if named else ""
        parameter = next((each for each in named if each.arg == name), None)
        return OPEN if parameter is None else self._parameter(parameter, found.place)

    def _passed(self, call: ast.Call, argument: ast.expr | ast.keyword, found: Definition) -> Step:
        """Into the parameter of a function of the tree."""
        arguments = found.function.args
        positional = [*arguments.posonlyargs, *arguments.args][found.bound :]
        if isinstance(argument, ast.keyword):
            named = [*positional, *arguments.kwonlyargs]
            parameter = next((each for each in named if each.arg == argument.arg), None)
        else:
            index = call.args.index(argument)
            starred = any(isinstance(each, ast.Starred) for each in call.args[: index + 1])
            parameter = positional[index] if index < len(positional) and not starred else None
        return OPEN if parameter is None else self._parameter(parameter, found.place)
