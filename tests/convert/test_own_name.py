"""How a package is called, whatever its folder is called."""

from __future__ import annotations

import pytest

from porter.source.roots import own_name
from porter.source.text import read_text

HELPERS = {"__init__.py": b"", "utils/__init__.py": b"", "utils/data.py": b"", "net.py": b""}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (b"from shapes.utils.data import load\n", "shapes"),
        (b"import shapes.net\n", "shapes"),
        (b"import shapes.utils as u\nfrom folder.net import Net\n", "folder"),
        (b"from shapes.net import Net\nfrom torch.utils.data import Dataset\nimport torch.nn\n", "shapes"),
        (b"import torch.nn\nfrom torch.utils.data import Dataset\n", "folder"),
        (b"import shapes\nfrom .utils import data\n", "folder"),
        (b"", "folder"),
    ],
)
def test_a_package_is_called_as_it_calls_itself(source: bytes, name: str) -> None:
    files = HELPERS | {"main.py": source}
    texts = {path: read_text(data) for path, data in files.items()}
    assert own_name("folder", texts, frozenset(files)) == name


def test_a_folder_that_is_no_package_keeps_its_name() -> None:
    files = {"main.py": b"import shapes.net\n", "net.py": b""}
    texts = {path: read_text(data) for path, data in files.items()}
    assert own_name("folder", texts, frozenset(files)) == "folder"
