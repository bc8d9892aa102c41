"""Rewrite the import statements of a file by its import plan."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence

import libcst as cst

from porter.rewrite.decide.change import NameEdit, Target
from porter.rewrite.decide.names.groups import Group
from porter.rewrite.decide.names.imports import ImportPlan, import_line
from porter.rewrite.edit.places import place
from porter.rewrite.edit.waiting import Waiting
from porter.source.generated import LAYERS
from porter.source.names import SourceModule
from porter.source.scopes import parent
from porter.source.text import comments

ImportNode = ast.Import | ast.ImportFrom


def import_edits(
    module: SourceModule, plan: ImportPlan, layers: str, behind: ast.stmt | None = None
) -> Iterator[NameEdit]:
    """One edit for every import statement that changes; `layers` is the path of the generated module.

    `behind`: the statement behind which that is found, where it is not found before.
    """
    statements: dict[int, tuple[ImportNode, dict[int, Group]]] = {}
    for group in plan.groups:
        for binding in group.bindings:
            node = binding.node
            assert isinstance(node, (ast.Import, ast.ImportFrom))
            statements.setdefault(id(node), (node, {}))[1][binding.alias] = group
    late = [import_line(n, plan.aliases[n], layers) for n in plan.loose if behind is not None and _is_last(n, layers)]
    waiting = Waiting(module, plan.waits, behind)
    for node, aliases in sorted(statements.values(), key=lambda found: found[0].lineno):
        lines = _Statement(module, node, aliases, plan, layers).lines()
        if behind is not None and node.lineno < behind.lineno and parent(node) is module.tree:
            late += [line for line in lines or () if _is_of(line, layers)]
            lines = lines and [line for line in lines if not _is_of(line, layers)]
        if node is behind and late:
            lines, late = list(dict.fromkeys([*(lines or [module.text.of(node)]), *late])), []
        if lines is not None or node is waiting.anchor:
            yield from waiting.place(node, lines)
    if behind is not None and late:
        yield from waiting.behind(behind, list(dict.fromkeys(late)))
    if waiting.anchor is not None and id(waiting.anchor) not in statements and not (waiting.anchor is behind and late):
        yield from waiting.behind(waiting.anchor, [])
    for star in plan.dropped:
        yield from place(module, star, [])


def _is_last(name: str, layers: str) -> bool:
    return name == layers.rpartition(".")[2]


def _is_of(line: str, layers: str) -> bool:
    """Whether an import statement takes the generated module, or something from it."""
    package, _, name = layers.rpartition(".")
    return line.startswith((f"import {layers}", f"from {layers} import ", f"from {package} import {name}"))


def loose_imports(module: SourceModule, plan: ImportPlan, layers: str, late: bool = False) -> Iterator[NameEdit]:
    """Imports that no statement makes room for: behind those at the file's top, or behind its docstring.

    `late`: that of the generated module stands elsewhere.
    """
    names = [name for name in plan.loose if not (late and _is_last(name, layers))]
    lines = sorted((import_line(name, plan.aliases[name], layers) for name in names), key=_import_order)
    if not lines:
        return
    text, body = module.text, module.tree.body
    last = _last_of_head(body)
    if last is not None:
        line = last.end_lineno or last.lineno
        end = text.line_end(line)
        gap = "" if isinstance(last, (ast.Import, ast.ImportFrom)) else end
        place = text.line_span(line)[1]
        yield NameEdit(place, place, gap + "".join(end + each for each in lines))
        return
    first = min([body[0].lineno, *(d.lineno for d in getattr(body[0], "decorator_list", ()))]) if body else 1
    place = text.line_span(first)[0]
    yield NameEdit(place, place, "".join(each + text.newline for each in lines) + text.newline)


def _last_of_head(body: Sequence[ast.stmt]) -> ast.stmt | None:
    """The last of the statements that a file begins with: its docstring, and imports on lines without other code."""
    found: ast.stmt | None = None
    for number, statement in enumerate(body):
        text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and number == 0
        first = text or (isinstance(statement, ast.ImportFrom) and statement.module == "__future__")
        if not first and not _only_imports(body, statement):
            break
        found = statement
    return found


def _only_imports(body: Sequence[ast.stmt], statement: ast.stmt) -> bool:
    """Whether a statement is an import that shares its line with no other code."""
    beside = [each for each in body if each.lineno == statement.lineno]
    return all(isinstance(each, (ast.Import, ast.ImportFrom)) for each in beside)


class _Statement:
    def __init__(
        self, module: SourceModule, node: ImportNode, aliases: dict[int, Group], plan: ImportPlan, layers: str
    ) -> None:
        self.module = module
        self.node = node
        self.aliases = aliases
        self.plan = plan
        self.layers = layers
        self.text = module.text.of(node)

    def lines(self) -> list[str] | None:
        """The statements that take this one's place; None when it stays as it is."""
        gone = {index for index, group in self.aliases.items() if group.takes or group.removed or self.waits(group)}
        moved = self.moved(gone)
        provided = sorted(
            (import_line(m, self.plan.aliases[m], self.layers) for m in self.provided()), key=_import_order
        )
        if not gone and not provided:
            return None
        kept = [i for i in range(len(self.node.names)) if i not in gone]
        if not kept and len(moved) == 1 and len(gone) == len(self.node.names) and len(self.targets(gone)) == len(gone):
            result = [self.in_place(gone)]
        else:
            result = [self.without(gone)] if kept and gone else [self.text] if kept else []
            result += moved
        result = list(dict.fromkeys([*result, *provided]))
        return [*self.lost_comments(result), *result]

    def waits(self, group: Group) -> bool:
        """Whether another line stands for the import."""
        return self.plan.waits is not None and group in self.plan.waits.groups

    def provided(self) -> list[str]:
        """Modules that new imports at this statement make reachable."""
        names: list[str] = []
        for group in dict.fromkeys(self.aliases.values()):
            if self.node is group.statements[0] or not group.plain:
                names += group.provides
        return list(dict.fromkeys(names))

    def targets(self, gone: set[int]) -> dict[int, tuple[str, str]]:
        """For each alias that moves: the module it is imported from now, and its name there ("" for the module)."""
        result: dict[int, tuple[str, str]] = {}
        for index in sorted(gone):
            target = self.aliases[index].takes
            if target is not None:
                result[index] = (self.home(target), target.name)
        return result

    def home(self, target: Target) -> str:
        return self.layers if target.module == self.layers.rpartition(".")[2] else target.module

    def moved(self, gone: set[int]) -> list[str]:
        """Import statements for the names that move, one for each module."""
        lines: list[str] = []
        names: dict[str, list[str]] = {}
        for index, (home, name) in self.targets(gone).items():
            local = self.aliases[index].name
            if name:
                names.setdefault(home, []).append(name if name == local else f"{name} as {local}")
            else:
                lines.append(self.module_line(home, local))
        return lines + [f"from {home} import {', '.join(found)}" for home, found in names.items()]

    def module_line(self, home: str, local: str) -> str:
        package, _, last = home.rpartition(".")
        if isinstance(self.node, ast.Import) or not package:
            return f"import {home} as {local}" if local != home else f"import {home}"
        return f"from {package} import {last}" if last == local else f"from {package} import {last} as {local}"

    def in_place(self, gone: set[int]) -> str:
        """All names move to one module: change the words and keep the layout."""
        if isinstance(self.node, ast.Import) or self.node.lineno == self.node.end_lineno:
            return self.moved(gone)[0]
        statement, line = self.parsed()
        assert isinstance(line, cst.ImportFrom) and not isinstance(line.names, cst.ImportStar)
        targets = self.targets(gone)
        names = [self.renamed(alias, targets[i][1], self.aliases[i].name) for i, alias in enumerate(line.names)]
        home = next(iter(targets.values()))[0]
        dots = len(home) - len(home.lstrip("."))
        tail = cst.parse_expression(home.lstrip(".")) if home.lstrip(".") else None
        assert tail is None or isinstance(tail, (cst.Name, cst.Attribute))
        return self.printed(statement, line.with_changes(module=tail, relative=[cst.Dot()] * dots, names=names))

    def parsed(self) -> tuple[cst.SimpleStatementLine, cst.Import | cst.ImportFrom]:
        """The statement as libcst reads it, its line ends kept."""
        config = cst.PartialParserConfig(default_newline=self.module.text.newline)
        statement = cst.parse_statement(self.text, config=config)
        assert isinstance(statement, cst.SimpleStatementLine)
        line = statement.body[0]
        assert isinstance(line, (cst.Import, cst.ImportFrom))
        return statement, line

    def printed(self, statement: cst.SimpleStatementLine, line: cst.Import | cst.ImportFrom) -> str:
        """Text of the statement with another import in it."""
        module = cst.Module([statement.with_changes(body=[line])], default_newline=self.module.text.newline)
        return module.code.rstrip("\r\n")

    def renamed(self, alias: cst.ImportAlias, name: str, local: str) -> cst.ImportAlias:
        if name == local:
            return alias.with_changes(name=cst.Name(name), asname=None)
        as_name = alias.asname or cst.AsName(cst.Name(local))
        return alias.with_changes(name=cst.Name(name), asname=as_name)

    def without(self, gone: set[int]) -> str:
        """The statement with some of its names taken out."""
        statement, line = self.parsed()
        assert not isinstance(line.names, cst.ImportStar)
        names = [alias for i, alias in enumerate(line.names) if i not in gone]
        if len(line.names) - 1 in gone:
            names[-1] = names[-1].with_changes(comma=line.names[-1].comma)
        return self.printed(statement, line.with_changes(names=names))

    def lost_comments(self, result: Sequence[str]) -> list[str]:
        """Comments from inside the old statement that the new ones have no place for."""
        if "#" not in self.text:
            return []
        now = Counter(comment for piece in result for comment in comments(piece))
        return [*(Counter(comments(self.text)) - now).elements()]


def _import_order(line: str) -> tuple[bool, bool, str]:
    """Plain imports, then `from` imports, then the generated module."""
    return LAYERS in line, line.startswith("from "), line
