"""What the functions of a generated module that are made from the rules of members stand for: read on the way back."""

from __future__ import annotations

from dataclasses import dataclass

from porter.rules.becomes import OWN
from porter.rules.load import RuleBook
from porter.rules.members import function_of, function_of_base
from porter.rules.model import Framework, other


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object of the framework to go back to. `of_base`: it is asked of `super()`."""

    name: str
    is_method: bool
    of_base: bool = False


def members_of_functions(rules: RuleBook, framework: Framework) -> dict[str, Member]:
    """By the function's name. `framework`: the one whose members they are, which is not that of the module."""
    found: dict[str, Member] = {}
    for owner in dict.fromkeys(rule.owner for rule in rules.of_classes):
        for name, rule in rules.members(owner, framework).items():
            member = Member(name, rule.side(framework).signature is not None)
            found.setdefault(function_of(rules.owners(name, framework), name), member)
            found.setdefault(function_of_base(name), Member(name, member.is_method, of_base=True))
            for entry in rule.becomes.get(other(framework), ()):
                names = entry.template.names if entry.template is not None else ()
                written = [each for each in names if each.startswith(f"{OWN}.")]
                found |= {each.partition(".")[2]: member for each in written if each.partition(".")[2] not in found}
    return found
