"""Whether a `[[check]]` of a rule can be run: its arguments fit the signature, and are data."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.rules.data import ROOTS, is_data
from porter.rules.model import Check, Rule
from porter.rules.signature import Signature


def check_misfits(rule: Rule, where: str, check: Check) -> Iterator[str]:
    """What does not fit, a sentence each."""
    if rule.side(check.side).name is None:
        yield f"{where}: [{check.side}] has no name to call"
        return
    if rule.is_class and not check.inputs:
        yield f"{where}: a layer is called with something: input is empty"
    call = _parsed(check.args)
    if call is None:
        yield f"{where} is not an argument list"
        return
    yield from _values(rule, where, check, call)
    yield from _object(rule, where, check)
    signature = rule.side(check.side).signature
    if signature is None:
        return
    try:
        bound = signature.bind(len(call.args), [k.arg for k in call.keywords if k.arg])
    except ValueError as error:
        yield f"{where} does not fit: the signature {error}"
        return
    yield from _sizes(where, check, call, signature, bound)


def _parsed(args: str) -> ast.Call | None:
    try:
        tree = ast.parse(f"f({args}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) else None


LAYER = "nn.Module"


def _object(rule: Rule, where: str, check: Check) -> Iterator[str]:
    """What has the member: a layer is built of the framework's own, any other object is the first input."""
    if rule.owner != LAYER:
        yield from [f"{where}: object changes nothing, only a member of a layer has one"] * bool(check.made)
    elif not check.made:
        yield f"{where}: object is missing, the layer whose member it is"
    elif not is_construction(check.made, check.side):
        yield f"{where}: the object {check.made!r} is no layer of {check.side}, made of literals and such layers"


def is_construction(text: str, root: str) -> bool:
    """Whether a text calls classes of a framework with literals and what such calls give, and does nothing else."""
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return isinstance(tree, ast.Call) and _is_made(tree, root)


def _is_made(node: ast.expr, root: str) -> bool:
    if not isinstance(node, ast.Call):
        return is_data(node, set())
    names = ast.unparse(node.func).split(".")
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    plain = all(name.isidentifier() for name in names) and names[:2] == [root, "nn"]
    return plain and all(keyword.arg for keyword in node.keywords) and all(_is_made(each, root) for each in given)


def _values(rule: Rule, where: str, check: Check, call: ast.Call) -> Iterator[str]:
    """Arguments are data; a function gets each of its inputs, a layer gets them when it is called."""
    inputs = [] if rule.is_class else [f"x{index}" for index in range(len(check.inputs))]
    stars = [k.value for k in call.keywords if k.arg is None]
    for value in (*call.args, *(k.value for k in call.keywords)):
        if value in stars or not is_data(value, {*ROOTS, *inputs}):
            allowed = ", ".join(["literals", *inputs, "names of the frameworks"])
            yield f"{where}: {ast.unparse(value)} is no data; expected are {allowed}"
    used = {node.id for node in ast.walk(call) if isinstance(node, ast.Name)}
    literals = bool(call.args) and all(isinstance(value, ast.Constant) for value in call.args)
    used |= {"x0"} if rule.owner or literals else set()  # the object whose member it is; a function of plain values
    yield from (f"{where} does not use the input {name}" for name in inputs if name not in used)


def _sizes(
    where: str, check: Check, call: ast.Call, signature: Signature, bound: dict[str, int | str]
) -> Iterator[str]:
    """Names in a shape are parameters whose value here is a size."""
    keywords = {k.arg: k.value for k in call.keywords}
    for name in sorted({size for shape in check.inputs for size in shape if isinstance(size, str)}):
        at = bound.get(name)
        node = call.args[at] if isinstance(at, int) else keywords.get(at)
        text = signature.default(name) if node is None else ast.unparse(node)
        if text is None or not text.isdecimal() or int(text) == 0:
            yield f"{where}: input names {name}, which is {text} here; a parameter whose value is a size is expected"
