"""What becomes of a name that a module only hands on, which code outside the tree may import from it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.change import Target
from porter.rewrite.decide.decision import Decision, Reason
from porter.rewrite.decide.names.groups import Group
from porter.rewrite.decide.telling import told
from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.rules.model import TITLES
from porter.rules.paths import canonical
from porter.source.names import SourceModule, dotted_parts
from porter.source.scopes import ancestors

GOES = "{names} {are} no longer importable from here: nothing in this file uses {them}"
HELD = "other files of the tree go on using {names} from here, so the import stays"
UNUSED = "nothing in this file uses {names}, which other code may import from here"
NEEDS = ": the import stays, and needs {framework}"
LATER = ": {framework} is imported when it does"
OPEN = UNUSED + NEEDS
STAYS = "it is handed on from here, so its import stays"
DECIDES = "nothing in this file uses {names}, but whether this import succeeds decides what follows, so it stays"


def handed_value(meaning: str, rules: RuleBook, options: Options) -> Target | None:
    """What a name that is only handed on becomes: a class that takes the calls which it is written for."""
    rule = rules.find(meaning, options.source)
    if rule is None or rule.type_test:
        return None
    name = rule.side(options.to).name
    if name is not None and rule.interchangeable:
        module, _, last = name.rpartition(".")
        return Target(module, last)
    if name is None and not rule.layer.get(options.to):
        return None
    return Target(options.layers, meaning.rpartition(".")[2])


def handed_module(meaning: str, rules: RuleBook, options: Options) -> Target | None:
    """What a module becomes that is handed on: the one where all counterparts of its names are."""
    if meaning.rpartition(".")[2] == options.layers:
        return None
    homes = _homes(meaning, rules, options)
    return Target(homes.pop(), "") if len(homes) == 1 and "." in meaning else None


def is_scattered(meaning: str, rules: RuleBook, options: Options) -> bool:
    """Whether the counterparts of a module's names are in several modules, so that none can take its place."""
    return len(_homes(meaning, rules, options)) > 1


def _homes(meaning: str, rules: RuleBook, options: Options) -> set[str]:
    return set(rules.table("homes")[options.source].get(meaning, ()))


def is_open(group: Group) -> bool:
    """Whether code outside the tree can import a name: it is a module's own, and says nothing else."""
    return group.scope.kind == "module" and not group.name.startswith("_")


def is_handed_on(group: Group, rules: RuleBook, options: Options) -> bool:
    """Whether a name is imported from a module of the framework for no use but that others import it from here.

    Nobody takes a module of the framework from elsewhere.
    """
    if group.meaning in rules.modules(options.source):
        return False
    single = isinstance(group.statements[0], ast.ImportFrom) and not _is_for_types(group.statements[0])
    return single and not group.choices and is_open(group) and _is_of(group, options)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Names of a file that others want: `public` ones are taken from it, or may be.

    `fixed` ones keep their meaning; of these, text leads to some, where that is told, and `held` ones are used by other
    files of the tree that go on using them.
    """

    public: frozenset[str]
    fixed: frozenset[str]
    held: frozenset[str] = frozenset()


def tell_handed(
    module: SourceModule, groups: Iterable[Group], rules: RuleBook, options: Options, wanted: Wanted
) -> Iterator[Decision]:
    """What there is to say of imports that nothing in a file uses: one finding a statement and kind."""
    found: dict[tuple[ast.stmt, Code, str], list[str]] = {}
    for group in groups:
        if not group.bindings or group.choices or _is_for_types(group.statements[0]):
            continue
        said = _said(group, rules, options, wanted)
        if said is not None:
            found.setdefault((group.statements[0], *said), []).append(group.name)
        elif group.kept and group.name not in wanted.fixed and _is_of(group, options):
            yield _left(module, group, rules, options)
    for (statement, code, text), names in found.items():
        yield _told(module, statement, Level.REVIEW, "import", code, _filled(text, names, options))


def when_it_waits(reason: Reason, options: Options) -> Reason:
    """What is said in place of something, where the import that it is about waits."""
    before, after = (text.format(framework=TITLES[options.source]) for text in (NEEDS, LATER))
    if reason.code is Code.IMPORT_STAYS and reason.text.endswith(before):
        return Reason(reason.code, reason.text.removesuffix(before) + after)
    return reason


def _said(group: Group, rules: RuleBook, options: Options, wanted: Wanted) -> tuple[Code, str] | None:
    """What is said once for all names of a statement that it is true of."""
    if group.removed and is_open(group) and group.meaning != options.source:
        return Code.NOT_HANDED_ON, GOES
    if not group.kept:
        return None
    if group.guarded:
        return Code.IMPORT_TRIED, DECIDES
    if group.name in wanted.held:
        return Code.IMPORT_STAYS, HELD
    if group.name not in wanted.public | wanted.fixed and is_handed_on(group, rules, options):
        return Code.IMPORT_STAYS, OPEN
    return None


def _is_of(group: Group, options: Options) -> bool:
    return group.meaning.partition(".")[0] == options.source


def _filled(text: str, names: list[str], options: Options) -> str:
    are, them = ("are", "them") if len(names) > 1 else ("is", "it")
    return text.format(names=_listed(names), are=are, them=them, framework=TITLES[options.source])


def _left(module: SourceModule, group: Group, rules: RuleBook, options: Options) -> Decision:
    name = canonical(group.meaning)
    known = name in rules.modules(options.source) or rules.find(name, options.source) is not None
    message = STAYS if known else f"no rule for {name}; {STAYS}"
    return _told(module, group.statements[0], Level.MANUAL, name, Code.IMPORT_STAYS, message)


def _told(module: SourceModule, node: ast.stmt, level: Level, label: str, code: Code, text: str) -> Decision:
    return told(module.path, module.text.span(node)[0], level, label, Reason(code, text))


def _is_for_types(statement: ast.stmt) -> bool:
    """Whether an import runs for a type checker alone."""
    tests = [above.test for above in ancestors(statement) if isinstance(above, ast.If)]
    return any((dotted_parts(test) or [""])[-1] == "TYPE_CHECKING" for test in tests)


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
