"""The program that counts the modules which can be imported where the source framework cannot."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from porter.rewrite.options import Options
from porter.rules.load import load_rules
from porter.source.tree import Tree
from tests.without import Needed, converted, importable, importing, needed, report

FILES = {
    "__init__.py": "",
    "acts.py": "from missing_framework import nn\n",
    "save.py": "import torch\n\n\ndef save(x):\n    torch.save(x)\n",
    "sizes.py": "import torch\n\nSIZE = torch.Size([1])\nOTHER = torch.Size([2])\n",
    "tried.py": "try:\n    import torch\nexcept ImportError:\n    torch = None\n",
    "changes.py": "def act():\n    from torch import nn\n\n    return nn.ReLU()\n",
}


def test_it_counts_before_and_after() -> None:
    tree = Tree(Path("kit"), {path: text.encode() for path, text in FILES.items()})
    conversion, after = converted(tree, load_rules(), Options("mindspore"))
    _, before = converted(tree, load_rules(), Options("mindspore", wait=False))
    assert [importing(files, "torch") for files in (before, after)] == [2, 1]
    old, new = (importable(files, "kit", 60, [], "torch") for files in (before, after))
    assert new.good - old.good == {"kit.save", "kit.porter_layers"}
    assert {failure.name for failure in new.failures} == {"kit.sizes", "kit.acts"}
    assert needed(conversion.findings) == [Needed("torch.Size", 2, 1)]
    out = io.StringIO()
    report([2, 1], old, new, needed(conversion.findings), "torch", Console(file=out, width=120))
    assert out.getvalue().splitlines() == [
        "2 files import torch on import before, 1 after",
        "7 modules; without torch 3 import before, 5 after",
        "2 places need torch on import, by 1 names:",
        "    2 in   1 files  torch.Size",
        "    1 modules: ModuleNotFoundError: No module named 'missing_framework'",
        "    1 modules: ModuleNotFoundError: No module named 'torch'",
    ]
