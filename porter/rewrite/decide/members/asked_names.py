"""What the functions of a generated module that are made from the rules of members stand for: read on the way back."""

from __future__ import annotations

from dataclasses import dataclass

from porter.rules.load import RuleBook
from porter.rules.model import Framework


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object of the framework to go back to. `of_base`: it is asked of `super()`."""

    name: str
    is_method: bool
    of_base: bool = False


def members_of_functions(rules: RuleBook, framework: Framework) -> dict[str, Member]:
    """By the function's name. `framework`: the one whose members they are, which is not that of the module."""
    found = rules.table("functions")[framework]
    return {function: Member(name, is_method, of_base) for function, (name, is_method, of_base) in found.items()}
