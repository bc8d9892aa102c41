"""Functions that ask an object at run time for a member that the two frameworks call differently.

`weight(owner)` is torch's `owner.weight`, whatever the owner is: an object whose classes have the source framework's
name themselves is asked by it, one of a layer of the target by the path that the layer's rule says, all else by the
original expression. Every function is made from the rules; what no rule varies is a template of `porter/runtime`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from porter.rewrite.layers.forms import form_function, member_function
from porter.rewrite.layers.places import Kept, kept_members, kept_places, one_or_all, wrapped
from porter.rewrite.layers.templates import Piece, template_pieces
from porter.rewrite.options import Options
from porter.rules.lazy import LazyRules
from porter.rules.load import RuleBook
from porter.rules.members import function_of, function_of_base
from porter.rules.model import Framework, Rule
from porter.source.waiting import WAITING

TEMPLATE = "members"
LAYER = "nn.Module"
USED = ("_unless_off", "_there")
"""What the functions of attributes may use of the template."""

HELPERS = ("fresh", "get_member", "has_member", "lazy", "offers", "set_member")
"""What can be asked for beside the members: functions that take the name at run time, the mode of a new network, and
imports that wait."""

METHODS: dict[Framework, tuple[str, ...]] = {
    "mindspore": ("children", "modules", "named_children", "named_modules", "named_parameters", "parameters"),
    "torch": (),
}
"""By target: methods of the source framework's modules that have a function of their own."""


def known_members(rules: RuleBook, options: Options) -> Mapping[str, str]:
    """The members that can be asked for: name -> "attribute" or "method"."""
    methods = METHODS[options.to]
    attributes = {*kept_members(rules, options)} - {*methods}
    return dict.fromkeys(sorted(attributes), "attribute") | dict.fromkeys(methods, "method")


def function_name(member: str) -> str:
    """The function of a member in the generated module: `bn2d_gamma` for `bn2d.gamma`."""
    return member.replace(".", "_")


def member_pieces(
    names: Iterable[str], rules: RuleBook, options: Options, generated: Iterable[tuple[str, Rule]] = ()
) -> Iterator[Piece]:
    """The functions for these members and all that they need. `generated`: the classes that stand in the same module.

    Raises KeyError for a name that is neither a known member nor one of the HELPERS.
    """
    members, by_rule = _Members(rules, options, dict(generated)), functions_of_members(rules, options)
    written, of_bases = rules.table("written")[options.to], functions_of_bases(rules, options)
    for name in sorted(set(names)):
        if name in by_rule:
            member, owners = by_rule[name]
            pairs = [(rules.members(o, options.source)[member], rules.rules[f"torch.{o}"]) for o in owners]
            yield from members.with_tables(list(member_function(name, member, pairs, options)))
        elif name in of_bases:
            yield from members.with_tables(list(form_function(of_bases[name], name, options)))
        elif name in written:
            yield from members.with_tables(list(template_pieces(options.to, written[name], name)))
        else:
            yield from members.pieces(name)


def functions_of_members(rules: RuleBook, options: Options) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """By the function's name: the member, and the names of the classes in which it has a rule."""
    found: dict[str, list[str]] = {}
    for owner, members in rules.table("members_of")[options.source].items():
        for member in members:
            found.setdefault(member, []).append(owner)
    return {function_of(owners, member): (member, tuple(owners)) for member, owners in found.items()}


def functions_of_bases(rules: RuleBook, options: Options) -> Mapping[str, Rule]:
    """By the function's name: the rule of a member of all layers, for what `super()` gives."""
    members = rules.members(LAYER, options.source)
    return LazyRules({function_of_base(member): member for member in members}, members.__getitem__)


class _Members:
    def __init__(self, rules: RuleBook, options: Options, generated: Mapping[str, Rule]) -> None:
        self.rules = rules
        self.options = options
        self.generated = generated
        self.known = known_members(rules, options)

    @cached_property
    def places(self) -> list[Kept]:
        """All layers that keep something elsewhere."""
        return list(kept_places(self.rules, self.options, self.generated))

    @cached_property
    def readable(self) -> list[Kept]:
        """Those whose parameters the source framework calls otherwise."""
        keys = self.rules.table("readable")[self.options.source]
        return [place for place in kept_places(self.rules, self.options, self.generated, keys) if place.readers]

    def places_of(self, name: str) -> list[Kept]:
        """The layers that keep a member elsewhere."""
        keys = kept_members(self.rules, self.options).get(name, ())
        return list(kept_places(self.rules, self.options, self.generated, keys))

    def pieces(self, name: str) -> Iterator[Piece]:
        if name in WAITING:
            yield from template_pieces(self.options.to, "waiting", name)
            return
        if name not in HELPERS and self.known[name] == "attribute":
            yield from self.attribute(name)
            return
        yield from self.with_tables(list(template_pieces(self.options.to, TEMPLATE, name)))

    def with_tables(self, template: Sequence[Piece]) -> Iterator[Piece]:
        """Pieces of templates, behind the tables that they read, which are written from the rules."""
        used = {piece.name for piece in template}
        if "_members" in used:
            yield from self.table()
        if "_layers" in used:
            yield from self.behind_helpers(self.layers())
        if "_kept_buffers" in used:
            yield from self.behind_helpers(self.buffers())
        yield from template

    def attribute(self, name: str) -> Iterator[Piece]:
        """`def weight(owner)`, behind what it uses."""
        lines = [
            f"def {function_name(name)}(owner):",
            f'    """owner.{name} of {self.framework}, whatever owner is."""',
        ]
        for (guard, *body), classes in self.grouped(name, lambda place: (place.guard(name), *place.body(name))):
            lines += wrapped(f"    if isinstance(owner, {one_or_all(classes)}) and not {guard}:")
            lines += [part for line in body for part in wrapped(f"        {line}")]
        above, _, last = f"owner.{name}".rpartition(".")
        inner = above != "owner" and last in self.known
        if inner:
            yield from self.attribute(last)
        text = "\n".join(
            [*lines, f"    return {function_name(last)}({above})" if inner else f"    return {above}.{last}"]
        )
        yield from self.behind_helpers(Piece(function_name(name), text, self.imports(self.places_of(name))))

    def behind_helpers(self, piece: Piece) -> Iterator[Piece]:
        """A piece, behind what it uses of the template."""
        for helper in USED:
            if f"{helper}(" in piece.text:
                yield from template_pieces(self.options.to, TEMPLATE, helper)
        yield piece

    def grouped(self, name: str, key: Callable[[Kept], tuple[str, ...]]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
        """The classes that have a member, those together for which the same is written."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for place in self.places_of(name):
            groups.setdefault(key(place), []).extend(place.classes)
        yield from groups.items()

    @property
    def framework(self) -> str:
        return "torch" if self.options.source == "torch" else "MindSpore"

    @staticmethod
    def imports(places: Iterable[Kept]) -> tuple[str, ...]:
        """What these layers are imported by."""
        return tuple(dict.fromkeys(line for place in places for line in place.imports))

    def table(self) -> Iterator[Piece]:
        """The functions of all attributes, and the table of them."""
        lines = ["def _members():", '    """By name: the function that reads it, and where each layer keeps it."""']
        lines.append("    return {")
        for name in [name for name, kind in self.known.items() if kind == "attribute"]:
            yield from self.attribute(name)
            lines += [f'        "{name}": (', f"            {function_name(name)},", "            ("]
            for row, classes in self.grouped(name, lambda place: place.row(name)):  # noqa: B023 - used at once
                lines += wrapped(f"                ({', '.join([one_or_all(classes), *row])}),")
            lines += ["            ),", "        ),"]
        yield Piece("_members", "\n".join([*lines, "    }"]), self.imports(self.places))

    def layers(self) -> Piece:
        """The layers whose parameters the source framework calls otherwise."""
        lines = ["def _layers():", '    """For each layer: how to read its parameters, and what is not among them."""']
        lines.append("    return (")
        for place in self.readable:
            lines += ["        (", f"            {one_or_all(place.classes)},", "            {"]
            for name, text in place.readers.items():
                lines += wrapped(f'                "{name}": lambda owner: {text},')
            hidden = ", ".join(f'"{name}"' for name in place.hidden)
            lines += ["            },", f"            [{hidden}],", "        ),"]
        return Piece("_layers", "\n".join([*lines, "    )"]), self.imports(self.readable))

    def buffers(self) -> Piece:
        """The layers that keep as parameters what the source framework's keep as buffers."""
        lines = ["def _kept_buffers():", '    """For each layer: how to read what torch keeps as a buffer."""']
        lines.append("    return (")
        for place in [place for place in self.places if place.rule.buffers]:
            lines += ["        (", f"            {one_or_all(place.classes)},", "            {"]
            for name in place.rule.buffers:
                lines += wrapped(f'                "{name}": lambda owner: {place.reading(name)},')
            lines += ["            },", "        ),"]
        return Piece("_kept_buffers", "\n".join([*lines, "    )"]), self.imports(self.places))
