"""Imported names that a star import further down binds again, so that they are not what their import says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from porter.rewrite.decide.names.stars import idle_stars
from porter.rules.paths import canonical
from porter.source.index import TreeIndex
from porter.source.names import Reference, SourceModule


class Rebound:
    """Answers for the names that one file imports from `framework` at its top."""

    def __init__(self, module: SourceModule, index: TreeIndex, framework: str) -> None:
        self.module = module
        self.index = index
        self.framework = framework
        self.idle = idle_stars(module, index, framework)

    def marked(self, references: Iterable[Reference]) -> Iterator[Reference]:
        """The references; those of a name that is bound again are in doubt, and say why."""
        for reference in references:
            at_top = bool(self.module.scopes.stars) and reference.binding_scope is self.module.scopes.module
            star = self.star(reference.name, reference.meaning) if at_top else ""
            if not star:
                yield reference
            else:
                why = f"{reference.name} is bound again by the star import of {star}"
                yield replace(reference, ambiguous=True, doubt=why)

    def star(self, name: str, meaning: str) -> str:
        """The module whose star import binds an imported name again; "" where none does."""
        return next((origin for origin in self._later(name) if self._gives(origin, name, meaning)), "")

    def is_covered(self, name: str) -> bool:
        """Whether a star import further down gives the name too: what that file makes of it is what it means then."""
        return any(_offers(self.index, origin, name) for origin in self._later(name))

    def _later(self, name: str) -> Iterator[str]:
        """The modules of the star imports below the import of a name."""
        lines = [getattr(b.node, "lineno", 0) for b in self.module.scopes.module.bindings.get(name, ()) if b.alias >= 0]
        for statement, origin in self.module.scopes.stars if lines else ():
            if statement not in self.idle and min(lines) < statement.lineno:
                yield origin

    def _gives(self, origin: str, name: str, meaning: str) -> bool:
        """Whether a star import of a module gives a name that is, or may be, another object than the imported one."""
        todo, asked = [origin], set[str]()
        while todo:
            dotted = todo.pop()
            home = self.index.by_dotted.get(dotted)
            if home is None and self.index.resolve(dotted).partition(".")[0] == self.framework:
                if canonical(f"{self.index.resolve(dotted)}.{name}") == canonical(meaning):
                    return True
            elif home is not None and dotted not in asked:
                asked.add(dotted)
                todo += [star for _, star in home.scopes.stars]
                own = name in home.scopes.module.bindings and not name.startswith("_")
                if own and self.index.resolve(f"{dotted}.{name}") != meaning:
                    return True
        return False


def _offers(index: TreeIndex, origin: str, name: str) -> bool:
    """Whether a file of the tree, or one behind its own stars, binds a name that a star import gives."""
    todo, asked = [origin], set[str]()
    while todo:
        dotted = todo.pop()
        home = index.by_dotted.get(dotted)
        if home is not None and dotted not in asked:
            asked.add(dotted)
            todo += [star for _, star in home.scopes.stars]
            if name in home.scopes.module.bindings and not name.startswith("_"):
                return True
    return False
