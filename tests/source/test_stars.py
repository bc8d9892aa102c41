"""Names that star imports let in, from modules that let in one another's names."""

from __future__ import annotations

import pytest

from porter.source.index import TreeIndex
from porter.source.text import read_text


def index_of(files: dict[str, str]) -> TreeIndex:
    texts = {path: read_text(text.encode()) for path, text in files.items()}
    return TreeIndex.build("tree", texts, frozenset(files))


def circle(count: int, **more: str) -> dict[str, str]:
    """A package whose modules all let in the names of all others."""
    names = [f"m{number}" for number in range(count)]
    files = {f"pkg/{n}.py": "".join(f"from .{o} import *\n" for o in names if o != n) for n in names}
    for name, text in more.items():
        files[f"pkg/{name}.py"] = files.get(f"pkg/{name}.py", "") + text
    return {"pkg/__init__.py": "", **files}


@pytest.mark.parametrize("start", ["m0", "m1", "m3"])
def test_a_name_that_one_has_is_found_through_the_circle(start: str) -> None:
    index = index_of(circle(4, m2="import torch.nn as layers\n\n\nclass Own:\n    pass\n"))
    assert index.resolve(f"pkg.{start}.layers.Conv3d") == "torch.nn.Conv3d"
    assert index.resolve(f"pkg.{start}.Own") == "pkg.m2.Own"


def test_names_that_are_handed_round_in_a_circle_end(monkeypatch: pytest.MonkeyPatch) -> None:
    index = index_of(
        {"pkg/__init__.py": "", "pkg/a.py": "from .b import x\nfrom .b import *\n", "pkg/b.py": "from .a import x\n"}
    )
    assert index.resolve("pkg.a.x") in ("pkg.a.x", "pkg.b.x")
    assert index.resolve("pkg.a.y") == "pkg.a.y"


def test_a_star_of_a_folder_that_is_not_read_ends() -> None:
    """`models` is no module of the tree, so its name leads back into the package that asks for it."""
    index = index_of({"pkg/__init__.py": "from .models import *\n", "pkg/a.py": "models = 1\nlayers = 2\n"})
    assert index.resolve("pkg.models") == "pkg.models"
    assert index.resolve("pkg.models.models.layers") == "pkg.models.models.layers"
    assert index.resolve("pkg.layers") == "pkg.layers"
