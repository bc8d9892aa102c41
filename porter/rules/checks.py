"""The cases of a rule file: `[[check]]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from porter.rules.data import is_name
from porter.rules.holds import read_holds
from porter.rules.model import FRAMEWORKS, MODES, Check
from porter.rules.reader import Reader

CHECK = {"args", "input", "dtypes", "side", "holds", "modes", "object"}
DTYPES = ("float16", "float32", "float64")


def read_check(reader: Reader, index: int, data: Mapping[str, Any]) -> Check | None:
    where = f"[[check]] {index}"
    reader.unknown(data, CHECK, f"{where} key")
    args = data.get("args")
    if not isinstance(args, str):
        reader.problem(f"{where} args is {args!r}: the arguments of a call are expected, as text")
    dtypes = reader.choices(where, {"dtypes": ["float32"], **data}, "dtypes", DTYPES)
    side: Any = reader.choice(f"{where} side", data.get("side", "torch"), FRAMEWORKS)
    shapes = _shapes(reader, where, data.get("input"))
    modes = reader.choices(where, {"modes": list(MODES), **data}, "modes", MODES)
    holds = read_holds(reader, where, data, len(shapes))
    layer = reader.text(where, data, "object") or ""
    made = isinstance(args, str) and (shapes or data.get("input") == [])
    return Check(str(args), shapes, dtypes, side, holds, modes, layer) if made else None


def _shapes(reader: Reader, where: str, found: object) -> tuple[tuple[int | str, ...], ...]:
    """A shape, or a list of shapes; the shape of a scalar is an empty list in a list."""
    shapes: list[Any] = [found]
    if isinstance(found, list) and found and isinstance(found[0], list):
        shapes = found
    if found == []:
        return ()
    if found and all(isinstance(shape, list) and all(map(_is_size, shape)) for shape in shapes):
        return tuple(tuple(shape) for shape in shapes)
    reader.problem(
        f"{where} input is {found!r}: a shape (sizes, or names of parameters), or a list of them, is expected"
    )
    return ()


def _is_size(value: object) -> bool:
    return is_name(value) or (isinstance(value, int) and not isinstance(value, bool) and value > 0)
