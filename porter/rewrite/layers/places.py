"""Where the layers of the target framework keep what the source framework's layers call differently."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.rules.model import Rule
from porter.rules.unset import Unset

WIDTH = 116
BEHIND_COMMAS = re.compile(r"(?<=,) (?=[^\"]*(?:\"[^\"]*\"[^\"]*)*$)")
"""Spaces behind commas that are in no text."""


@dataclass(frozen=True)
class Kept:
    """One rule, seen from the target's layer. `classes`: how the generated module refers to it."""

    rule: Rule
    options: Options
    classes: tuple[str, ...]
    imports: tuple[str, ...]

    @cached_property
    def members(self) -> dict[str, str]:
        """Member of the source -> its path in the target's layer; "" where that has none of the meaning."""
        return self.rule.attribute_changes(self.options.source)

    def guard(self, name: str) -> str:
        """The test for an object that has the member by the source's name itself.

        Where the target's layer keeps something else under that name, only a class can have it.
        """
        owner = "type(owner)" if self._keeps_another(name) else "owner"
        return f'hasattr({owner}, "{name.partition(".")[0]}")'

    def body(self, name: str) -> Iterator[str]:
        """The statements that give the member of `owner`."""
        path = self.members[name]
        if not path:
            yield f"raise AttributeError({_text(self.sentence(name))})"
        elif self.options.to == "torch" and path in self.rule.unset:
            yield f"return _there(owner.{path}, {_text(self.absent_sentence(path))})"
        else:
            yield f"return {self.reading(name)}"

    def reading(self, name: str) -> str:
        """The member of `owner` as an expression, None where the source's layer has None."""
        path = self.members.get(name, name)
        unset = self.rule.unset.get(name) if self.options.to == "mindspore" else None
        return f"owner.{path}" if unset is None else _unless(unset, f"owner.{path}")

    def row(self, name: str) -> tuple[str, str]:
        """Where the layer keeps a member, and what turns it on, or why it has none: for the table of all members."""
        path = self.members[name]
        if path:
            return _text(path), _text(self.option(name))
        return "None" if self._keeps_another(name) else _text(""), _text(self.sentence(name))

    def option(self, name: str) -> str:
        """The option of the target's layer without which the source's has no such parameter."""
        unset = self.rule.unset.get(name)
        back = self.options.to == "torch" or name in self.rule.buffers
        return "" if back or unset is None else unset.unless

    @cached_property
    def readers(self) -> dict[str, str]:
        """The parameters of a layer that calls some otherwise, as expressions: torch's order is that of the rule."""
        if not self.rule.weights.keys() & self.members.keys():
            return {}
        return {name: self.reading(name) for name in self.rule.weights if name not in self.rule.buffers}

    @property
    def hidden(self) -> tuple[str, ...]:
        """What the target's layer holds and the source's has not: parameters by other names, and cells inside."""
        return tuple(dict.fromkeys(path.partition(".")[0] for path in self.rule.weights.values()))

    def sentence(self, name: str) -> str:
        """Why the target's layer has no such member."""
        target = "MindSpore" if self.options.to == "mindspore" else "torch"
        known = self.rule.attribute_notes.get(name)
        return known or f"{target}'s layer keeps {name} in another form, or not at all"

    def absent_sentence(self, path: str) -> str:
        """Why torch's layer has no such parameter."""
        return f"{path} {self.rule.present.get(path, 'is None in torch')}"

    def _keeps_another(self, name: str) -> bool:
        return not self.members[name] and name not in self.rule.attributes


def kept_members(rules: RuleBook, options: Options) -> Mapping[str, list[str]]:
    """What some layer keeps elsewhere: the member -> the rules of those that do."""
    found: Mapping[str, list[str]] = rules.table("kept")[options.source]
    return found


def kept_places(
    rules: RuleBook, options: Options, generated: Mapping[str, Rule] | None = None, keys: Iterable[str] | None = None
) -> Iterator[Kept]:
    """The rules of all layers that keep something elsewhere, or those of `keys`, in the order of their names."""
    own = {rule.name: name for name, rule in (generated or {}).items()}
    kept = {key for found in kept_members(rules, options).values() for key in found} if keys is None else keys
    for found in rules.chosen(key.removeprefix("torch.") for key in kept):
        rule = found.seen_from(options.source)
        target = str(rule.side(options.to).name)
        module, _, last = target.rpartition(".")
        package, _, short = module.rpartition(".")
        classes = [f"{short or module}.{last}"]
        if rule.layer.get(options.to) and rule.name in own:
            classes.append(own[rule.name])
        yield Kept(
            rule, options, tuple(classes), (f"from {package} import {short}" if package else f"import {module}",)
        )


def _unless(unset: Unset, value: str) -> str:
    """The value, or None where the layer tells that the source's has none."""
    if unset.when:
        return f"None if owner.{unset.when} else {value}"
    above, _, option = f"owner.{unset.unless}".rpartition(".")
    if unset.fixed is None:
        return f'{value} if getattr({above}, "{option}", False) else None'
    tells = f'getattr({above}, "{option}", None)' if unset.unless else "None"
    return f"_unless_off({value}, {tells}, {value.rpartition('.')[0]}, {unset.fixed!r})"


def one_or_all(classes: Sequence[str]) -> str:
    """Classes, as isinstance takes them."""
    return classes[0] if len(classes) == 1 else f"({', '.join(classes)})"


def wrapped(line: str) -> list[str]:
    """A line of generated text, broken behind commas where it is too long."""
    indent = line[: len(line) - len(line.lstrip())]
    inner = f"{indent}        " if line.lstrip().startswith("if ") else f"{indent}    "
    lines = [""]
    for part in BEHIND_COMMAS.split(line):
        if lines[-1] and len(lines[-1]) + 1 + len(part) > WIDTH:
            lines.append(inner + part)
        else:
            lines[-1] = f"{lines[-1]} {part}" if lines[-1] else part
    return lines


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
