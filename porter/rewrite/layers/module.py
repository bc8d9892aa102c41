"""Generate `porter_layers.py`: the classes and functions that stand for a tree's values, made from the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from porter.rewrite.layers.derive import derived
from porter.rewrite.layers.forms import form_function
from porter.rewrite.layers.members import function_name, member_pieces
from porter.rewrite.layers.templates import Piece, template_pieces
from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.rules.model import Rule
from porter.source.generated import ASKS_FOR, HEADER, STANDS_FOR


def layers_text(
    rules: Iterable[tuple[str, Rule]],
    options: Options,
    members: Iterable[str] = (),
    book: RuleBook | None = None,
    earlier: Mapping[str, list[Piece]] | None = None,
) -> str:
    """Text of the generated module for these rules, each under its name there, and for members to ask for.

    `book`: all rules, which the functions of members are made from. `earlier`: what an earlier run made by rules that
    are not there now, by the names that it stands for.
    """
    wanted, asked = sorted(rules, key=lambda pair: pair[0]), sorted(set(members))
    known = earlier or {}
    pieces = [*(piece for name in sorted(known) for piece in known[name]), *_pieces(wanted, options, book)]
    if asked and book is not None:
        pieces += member_pieces(asked, book, options, wanted)
    imports = sorted({line for piece in pieces for line in piece.imports}, key=_import_order)
    names = sorted([name for name, _ in wanted] + [name.rpartition(".")[2] for name in known]) + [
        function_name(name) for name in asked
    ]
    source = "PyTorch" if options.source == "torch" else "MindSpore"
    target = "MindSpore" if options.to == "mindspore" else "PyTorch"
    doc = f'"""Layers with the signatures of {source} and the computation of {target}."""'
    bodies = "\n\n\n".join(piece.text for piece in _unique(pieces))
    offered = "__all__ = [" + ", ".join(f'"{name}"' for name in names) + "]"
    head = [HEADER]
    stands = [*known, *(str(rule.side(options.source).name) for _, rule in wanted)]
    if stands:
        head.append(STANDS_FOR + " ".join(sorted(stands, key=lambda name: name.rpartition(".")[2])))
    if asked:
        head.append(ASKS_FOR + " ".join(asked))
    return "\n".join([*head, doc, "", *imports]) + f"\n\n{offered}\n\n\n{bodies}\n"


def _pieces(wanted: Iterable[tuple[str, Rule]], options: Options, book: RuleBook | None) -> Iterator[Piece]:
    for name, rule in wanted:
        templates = rule.layer.get(options.to, {})
        template = templates.get(options.platform) or templates.get("any")
        if rule.type_test and book is not None:
            yield _tested(name, [str(each.side(options.to).name) for each in book.derived(rule)])
        elif template is not None:
            yield from template_pieces(options.to, template, name, rule.folders)
        elif rule.becomes.get(options.to):
            yield from form_function(rule, name, options)
        else:
            yield from derived(rule, options)


def _tested(name: str, classes: list[str]) -> Piece:
    """The classes that pass a test for an abstract one, as a tuple: `isinstance` takes it wherever it takes a class."""
    found = sorted({each for each in classes if "." in each})
    packages = {each.rpartition(".")[0] for each in found}
    imports = [f"from {package.rpartition('.')[0]} import {package.rpartition('.')[2]}" for package in packages]
    spelled = [".".join(each.split(".")[-2:]) for each in found]
    return Piece(name, f"{name} = ({', '.join(spelled)},)", tuple(sorted(imports)))


def _unique(pieces: Iterable[Piece]) -> list[Piece]:
    """Pieces once each, constants and helpers before what uses them."""
    seen: dict[str, Piece] = {}
    for piece in pieces:
        seen.setdefault(piece.name, piece)
    return list(seen.values())


def _import_order(line: str) -> tuple[int, str]:
    standard = not any(word in line for word in ("torch", "mindspore"))
    future = "__future__" in line
    return (0 if future else 1 if standard else 2, line)
