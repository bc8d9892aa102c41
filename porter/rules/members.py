"""Rules of the members of a class: `Tensor/size.toml` is torch.Tensor.size."""

from __future__ import annotations

from collections.abc import Sequence
from io import TextIOWrapper

METHODS_OF_BUILTINS = frozenset(
    name for kind in (list, dict, str, bytes, set, tuple, int, float, TextIOWrapper) for name in dir(kind)
)
"""What lists, texts, numbers and files have: a method of this name says nothing of what has it."""


def function_of(owners: Sequence[str], member: str) -> str:
    """What the generated module calls the function that stands for a member of one class, or of any of several."""
    what = owners[0].rpartition(".")[2].lower() if len(owners) == 1 else "any"
    return f"{what}_{member}"


def function_of_base(member: str) -> str:
    """The same for what `super()` gives: whether the object's class has a method of its own does not matter."""
    return f"base_{member}"
