"""Rules of the members of a class: `Tensor/size.toml` is torch.Tensor.size."""

from __future__ import annotations

from collections.abc import Sequence


def function_of(owners: Sequence[str], member: str) -> str:
    """What the generated module calls the function that stands for a member of one class, or of any of several."""
    what = owners[0].rpartition(".")[2].lower() if len(owners) == 1 else "any"
    return f"{what}_{member}"
