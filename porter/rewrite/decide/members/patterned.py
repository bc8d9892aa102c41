"""Class patterns with keywords, `case nn.GroupNorm(weight=w)`: which attributes they ask for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.rewrite.decide.facts import FileFacts
from porter.rules.model import Rule
from porter.source.scopes import parent
from porter.source.things import ClassOf
from porter.source.values import Values


def patterns(file: FileFacts) -> Iterator[ast.MatchClass]:
    """The class patterns of a file that have keywords."""
    yield from (node for node, _ in file.module.scopes.patterns if node.kwd_attrs)


def rule_of(pattern: ast.MatchClass, file: FileFacts, values: Values) -> Rule | None:
    """The rule of the framework's class that a pattern names, or that a variable in it holds."""
    use = file.by_node.get(id(pattern.cls))
    if use is not None:
        return use.rule if use.rule is not None and use.rule.is_class else None
    names = [thing.name for thing in values.of(pattern.cls).things if isinstance(thing, ClassOf)]
    return file.rules.find(names[0], file.options.source) if len(names) == 1 else None


def asks_class(pattern: ast.MatchClass, rule: Rule, to: str) -> bool:
    """Whether only the generated class has what a pattern asks for."""
    if to != "mindspore" or not rule.layer.get("mindspore"):
        return False
    changes = rule.attribute_changes("torch")
    pairs = zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True)
    return any(changes.get(name, name) == "" or (name in rule.present and is_none(value)) for name, value in pairs)


def is_none(pattern: ast.pattern) -> bool:
    """Whether a pattern is None, and nothing else."""
    return isinstance(pattern, ast.MatchSingleton) and pattern.value is None


def option_of(rule: Rule, name: str, generated: bool) -> str:
    """The option without which torch's layer has None there, as an attribute of the other side's; "" for none."""
    unset = rule.unset.get(name)
    if not generated:
        return unset.unless if unset is not None and unset.fixed is None else ""
    signature = rule.torch.signature
    words = rule.present.get(name, "").split()
    return next((word for word in words if signature is not None and word in signature), "")


def class_patterns(file: FileFacts, values: Values) -> Iterator[str]:
    """Rules whose generated class has to stand for every use, since a pattern asks for what it alone has."""
    for pattern in patterns(file):
        rule = rule_of(pattern, file, values)
        if rule is not None and asks_class(pattern, rule, file.options.to):
            yield rule.name


def names_openly(file: FileFacts) -> bool:
    """Whether a class pattern of a file names its class by a variable."""
    nodes = [node.cls for node, _ in file.module.scopes.patterns]
    bindings = file.module.scopes.module.bindings
    found = [bindings.get(node.id, []) for node in nodes if isinstance(node, ast.Name)]
    return any(isinstance(parent(binding.node), (ast.Assign, ast.AnnAssign)) for each in found for binding in each)
