"""Transforms: named pairs of pure functions that carry an argument's value across, and back.

A function here works on values, needs nothing but the language, and may be copied into a generated
`porter_layers.py`, where it runs on values that are known only then. It raises ValueError for a value
that has no counterpart. The functions called `write_...` do the same to the text of an argument that is no literal.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

Known = Literal["literal", "whole", "list", "tuple", "truth", "name", "no list", "open"]
"""What an argument's text tells: its value; that it is an int, a list, a tuple, a bool, a framework's name; nothing.

"no list": its text tells nothing, and the tree shows that it is an int or a tuple.
"""


def complement(value: Any) -> Any:
    """MindSpore's momentum is 1 minus torch's; a float is subtracted in decimal, so that 0.1 gives 0.9."""
    return float(1 - Decimal(str(value))) if isinstance(value, float) else 1 - value


def complement_at_run_time(value: Any) -> Any:
    """1 minus the value."""
    return 1 - value


def pairs(value: Any) -> Any:
    """Padding of one number per axis, written once for the front and once for the back of each axis."""
    if isinstance(value, (tuple, list)):
        return tuple(side for axis in value for side in (axis, axis))
    return value


def unpairs(value: Any) -> Any:
    """Padding of two numbers per axis as one number per axis, where both are equal."""
    if not isinstance(value, (tuple, list)):
        return value
    if len(value) % 2:
        raise ValueError(f"padding {value} is not two numbers for each axis")
    if any(front != back for front, back in zip(value[::2], value[1::2], strict=True)):
        raise ValueError(f"padding {value} differs between the front and the back of an axis")
    return tuple(value[::2])


def as_float(value: Any) -> Any:
    """A whole number as a float, since MindSpore refuses an int here."""
    return float(value) if isinstance(value, int) else value


def as_tuple(value: Any) -> Any:
    """A list as a tuple, since MindSpore refuses a list here."""
    return tuple(value) if isinstance(value, list) else value


def as_list(value: Any) -> Any:
    """Any iterable as a list, since MindSpore refuses others here; None is an empty one."""
    return [] if value is None else list(value)


def as_bool(value: Any) -> Any:
    """Whatever decides a branch as True or False, since the other framework refuses all else here."""
    return bool(value)


def unchanged(value: Any) -> Any:
    """The value itself."""
    return value


def spread(values: Any) -> Any:
    """The elements of a list that is given as the only argument, else the arguments themselves."""
    return values[0] if len(values) == 1 and isinstance(values[0], list) else values


def packed(values: Any) -> Any:
    """The one sequence that is given, or the arguments themselves, as a tuple."""
    one = len(values) == 1 and isinstance(values[0], (tuple, list))
    return tuple(values[0] if one else values)


def _parsed(text: str) -> ast.expr:
    """An argument's text as a tree: it may run over several lines, and a generator may lack its brackets."""
    return ast.parse(f"({text}\n)", mode="eval").body


def write_unchanged(text: str, known: Known) -> str | None:
    """The text as it is."""
    return text


def write_whole(text: str, known: Known) -> str | None:
    """The text, where it can only be an int."""
    return text if known == "whole" else None


def write_complement(text: str, known: Known) -> str | None:
    """`m` becomes `1 - m`, and `1 - m` becomes `m`."""
    tree = _parsed(text)
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Sub) and ast.unparse(tree.left) == "1":
        return ast.unparse(tree.right)
    atom = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant)
    return f"1 - {text}" if isinstance(tree, atom) else f"1 - ({text})"


def write_tuple(text: str, known: Known) -> str | None:
    """A list becomes a tuple, by its brackets if that is enough; of what may be one, only a run tells."""
    if known != "list":
        return text if known != "open" else None
    tree = _parsed(text)
    if isinstance(tree, ast.List) and len(tree.elts) > 1 and text.startswith("["):
        return f"({text[1:-1]})"
    return f"tuple({text})"


def write_bool(text: str, known: Known) -> str | None:
    """What may be anything becomes True or False."""
    return text if known == "truth" else f"bool({text})"


def write_list(text: str, known: Known) -> str | None:
    """What is no list becomes one, by its brackets if that is enough."""
    if known == "list":
        return text
    tree = _parsed(text)
    if isinstance(tree, ast.Tuple) and tree.col_offset == 1:  # brackets of its own, and no more around them
        return f"[{text[1:-1]}]"
    if isinstance(tree, ast.GeneratorExp) and tree.col_offset == 1:
        return f"list({text[1:-1]})"
    return f"list({text})"


def _short(value: Any) -> str:
    """A value in a message; a number of thousands of digits has no text in Python."""
    return "so great a number" if isinstance(value, int) and abs(value) > 10**30 else repr(value)


Write = Callable[[str, Known], str | None]


@dataclass(frozen=True, slots=True)
class Transform:
    """`forward` carries torch's value to MindSpore, `backward` the other way.

    `run_time_*` are the same for a generated class, `template` the same as an expression. `write_*` write an argument
    that is not a literal (None: the text alone does not tell, a class has to look at the value). `retypes`: the value
    means the same and only its type changes.
    """

    forward: Callable[[Any], Any]
    backward: Callable[[Any], Any]
    write_forward: Write
    write_backward: Write
    run_time_forward: Callable[[Any], Any] | None = None
    run_time_backward: Callable[[Any], Any] | None = None
    template: str | None = None
    retypes: bool = False

    def apply(self, value: Any, *, back: bool) -> Any:
        """Carry a literal value across. Raises ValueError when it has no counterpart."""
        try:
            return (self.backward if back else self.forward)(value)
        except (TypeError, ArithmeticError) as error:
            raise ValueError(f"{_short(value)} has no counterpart") from error

    def run_time(self, *, back: bool) -> Callable[[Any], Any]:
        """The function that a generated class calls."""
        if back:
            return self.run_time_backward or self.backward
        return self.run_time_forward or self.forward

    def source(self, *, back: bool) -> str:
        """Text of that function."""
        return inspect.getsource(self.run_time(back=back))

    def expression(self, text: str, *, back: bool, known: Known) -> str | None:
        """Write an argument that is not a literal; None when only a run can tell."""
        return (self.write_backward if back else self.write_forward)(text, known)


TRANSFORMS: dict[str, Transform] = {
    "complement": Transform(
        complement,
        complement,
        write_complement,
        write_complement,
        run_time_forward=complement_at_run_time,
        run_time_backward=complement_at_run_time,
        template="1 - {}",
    ),
    "pairs": Transform(pairs, unpairs, write_whole, write_whole),
    "float": Transform(as_float, unchanged, write_unchanged, write_unchanged, retypes=True),
    "tuple": Transform(as_tuple, unchanged, write_tuple, write_unchanged, retypes=True),
    "bool": Transform(as_bool, unchanged, write_bool, write_unchanged, template="bool({})", retypes=True),
    "bool in torch": Transform(unchanged, as_bool, write_unchanged, write_bool, template="bool({})", retypes=True),
    "list": Transform(as_list, unchanged, write_list, write_unchanged, retypes=True),
}
