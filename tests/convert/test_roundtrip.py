"""torch -> MindSpore -> torch gives the first text again, up to defaults that were written out.

Two texts are the same up to defaults when their syntax trees are equal after this much is set aside:

* a call of a name that has a rule is bound to torch's signature; arguments that say what the default says are left out
  (`affine=False`, a stride that repeats the kernel's size, `padding="valid"`), numbers are compared as numbers (1 and
  1.0) and lists of sizes as tuples;
* a case with a place of a rule that has templates alone need not come back, since `x.shape[1]` may have been anything;
* an argument that the way there dropped with a finding (`inplace=True is dropped: ...`) is left out of both;
* torch's names are written out in full (`nn.Conv3d` is `torch.nn.Conv3d`) and imports of torch are left out, since
  `from torch import nn` and `import torch.nn as nn` say the same.

Lines on which no such call, name or import stands must be equal to the last space, and so must the comments. A case for
which that cannot hold says so in its notes (`roundtrip: differs, WHY`), and it is an error to say so where it holds.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from porter.convert import Conversion, Options, convert_text, convert_tree
from porter.rules.model import Rule
from porter.rules.paths import canonical
from porter.source.tree import Tree
from porter.source.walk import read_tree

from .harness import Case, Notes, cases, comments, rules, without_marks
from .test_trees import every_tree, outputs, write

CASES = cases("**/to_mindspore/*.in.py")
FROM_LAYERS = "from porter_layers import LeakyReLU as Act\n"
ONE_WAY = {
    rule.name
    for rule in rules().every
    if ("torch" not in rule.becomes and (rule.becomes or not rule.mindspore.name)) or rule.type_test
}
"""Rules whose templates, or generated classes, have no way back: what `x.shape[1]` was nobody knows."""
BY_NAME: dict[str, Rule] = {rule.name.rpartition(".")[2]: rule for rule in rules().rules.values()}


def there_and_back(text: str, options: Options, folder: Path) -> str:
    """`text` converted to MindSpore and back, as a tree on disk."""
    write(folder / "0", {"case.py": text.encode()})
    back = Options(to="torch", platform=options.platform, level=options.level, mark=options.mark)
    for step, settings in enumerate((options, back)):
        conversion = convert_tree(read_tree(folder / str(step)), rules(), settings)
        write(folder / str(step + 1), outputs(conversion))
    return (folder / "2" / "case.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_there_and_back(case: Case, tmp_path: Path) -> None:
    after = there_and_back(case.before, case.options, tmp_path)
    dropped = {name for found in case.convert().findings for name in re.findall(r"(\w+)=\S+ is dropped", found.message)}
    differences = list(unlike(case.before, after, dropped))
    if Notes.read(case.notes).roundtrip:
        assert differences, "the notes say that it differs, and it does not: take the line out"
    elif not any(site.rule in ONE_WAY for site in case.convert().sites):
        assert not differences, "\n".join(differences)
        assert "porter_layers" not in after


@every_tree
def test_no_file_goes_on_importing_a_generated_module_that_is_gone(tree: Path, tmp_path: Path) -> None:
    settings = Notes.read(tree / "findings.txt").settings("mindspore")
    there = convert_tree(read_tree(tree / "in"), rules(), settings)
    back = convert_tree(read_tree(write(tmp_path, outputs(there))), rules(), replace(settings, to=settings.source))
    files = outputs(back)
    for path in there.added.keys() - files.keys():
        name = Path(path).stem
        assert [file for file, text in files.items() if not is_left(back, file) and imports(text, name)] == [], path


def test_a_name_that_nobody_reads_goes_back_with_the_generated_module() -> None:
    there = convert_text("from torch import nn\n\nacts = [nn.LeakyReLU]\n", rules(), Options("mindspore"))
    files = {"acts.py": there.text, "porter_layers.py": there.layers or "", "spare.py": FROM_LAYERS}
    tree = Tree(Path(), {path: text.encode() for path, text in files.items()})
    back = outputs(convert_tree(tree, rules(), Options("torch")))
    assert {path: text.decode() for path, text in back.items()} == {
        "acts.py": "from torch import nn\n\nacts = [nn.LeakyReLU]\n",
        "spare.py": "from torch.nn import LeakyReLU as Act\n",
    }


def is_left(conversion: Conversion, path: str) -> bool:
    """Whether a file could not be read, and is what it was."""
    return any(file.path == path and file.failed for file in conversion.files)


def imports(text: bytes, module: str) -> bool:
    """Whether a file imports a module, or a name from it."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [alias.name for node in nodes for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return any(module in name.split(".") for name in names)


def unlike(before: str, after: str, dropped: Collection[str] = ()) -> list[str]:
    """What differs between two texts beyond defaults that are written out; empty when nothing does."""
    before, after = ("\n".join(without_marks(text)) for text in (before, after))
    first, last = plain(before, dropped).splitlines(), plain(after, dropped).splitlines()
    if first != last:
        return list(difflib.unified_diff(first, last, "before", "after", n=0, lineterm=""))
    if comments(before) != comments(after):
        return [f"comments: {comments(before)} became {comments(after)}"]
    return [line for line in loose_lines(before) if line not in after.splitlines()]


def loose_lines(text: str) -> list[str]:
    """The lines on which no import, no name of torch and no call of a name with a rule stands."""
    names = torch_names(ast.parse(text))
    taken: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        known = (isinstance(node, ast.Call) and rule_of(node)) or (isinstance(node, ast.Name) and node.id in names)
        if isinstance(node, ast.Import | ast.ImportFrom) or (isinstance(node, ast.expr) and known):
            taken.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return [line for number, line in enumerate(text.splitlines(), 1) if number not in taken]


def torch_names(tree: ast.AST) -> dict[str, str]:
    """Local name -> what it stands for, for every import of torch in the file, wherever it stands."""
    names = {"torch": "torch"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {a.asname: a.name for a in node.names if a.asname and a.name.split(".")[0] == "torch"}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "torch" and not node.level:
            names |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return names


def plain(text: str, dropped: Collection[str] = ()) -> str:
    """The program as this file's docstring says."""
    tree = ast.parse(text)
    return ast.unparse(ast.fix_missing_locations(_Plain(torch_names(tree), dropped).visit(tree)))


def rule_of(call: ast.Call) -> Rule | None:
    """The rule for the last part of the called name, whatever module it is in: enough for a comparison."""
    return BY_NAME.get(ast.unparse(call.func).rpartition(".")[2])


class _Plain(ast.NodeTransformer):
    def __init__(self, names: dict[str, str], dropped: Collection[str]) -> None:
        self.names = names
        self.dropped = dropped

    def visit_Import(self, node: ast.Import) -> ast.Import | None:
        kept = [alias for alias in node.names if alias.name.split(".")[0] != "torch"]
        return ast.Import(kept) if kept else None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        return None if (node.module or "").split(".")[0] == "torch" and not node.level else node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._in_full(node) or node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self._in_full(node) or super().generic_visit(node)  # type: ignore[return-value]

    def _in_full(self, node: ast.expr) -> ast.expr | None:
        """A dotted name of torch, written out from the top; None for any other expression."""
        root, dot, rest = ast.unparse(node).partition(".")
        if not root.isidentifier() or root not in self.names or isinstance(getattr(node, "ctx", None), ast.Store):
            return None
        full = canonical(self.names[root] + dot + rest)
        return ast.parse(full, mode="eval").body if full.replace(".", "").isidentifier() else None

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        whole = isinstance(node.value, float) and node.value.is_integer()
        return ast.Constant(int(node.value)) if whole and isinstance(node.value, float) else node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        rule = rule_of(node)
        signature = rule.torch.signature if rule else None
        names = [keyword.arg for keyword in node.keywords]
        starred = None in names or any(isinstance(argument, ast.Starred) for argument in node.args)
        if signature is None or starred or signature.star("star"):
            return node
        try:
            bound = signature.bind(len(node.args), [name for name in names if name])
        except ValueError:
            return node
        by_name = {keyword.arg: keyword.value for keyword in node.keywords}
        values = {name: node.args[at] if isinstance(at, int) else by_name[at] for name, at in bound.items()}
        values = {name: _as_tuple(value) for name, value in values.items()}
        texts = {name: ast.unparse(value) for name, value in values.items()}
        kept = [name for name in sorted(values) if name not in self.dropped]
        kept = [name for name in kept if not equal(texts[name], signature.default(name))]
        kept = [name for name in kept if not (name == "padding" and texts[name] == "'valid'")]
        kept = [name for name in kept if not (name == "stride" and texts[name] == texts.get("kernel_size"))]
        return ast.Call(node.func, [], [ast.keyword(name, values[name]) for name in kept])


def _as_tuple(value: ast.expr) -> ast.expr:
    """Sizes as a list are sizes as a tuple."""
    sizes = isinstance(value, ast.List) and all(isinstance(size, ast.Constant) for size in value.elts)
    return ast.Tuple(value.elts, ast.Load()) if sizes and isinstance(value, ast.List) else value


def equal(text: str, default: str | None) -> bool:
    """Whether two pieces of source say the same literal."""
    if default is None:
        return False
    try:
        return bool(ast.literal_eval(text) == ast.literal_eval(default))
    except ValueError:
        return text == default


def test_the_comparison_can_fail() -> None:
    same = "import torch.nn as nn\nx = nn.InstanceNorm3d(8)\n"
    assert unlike(same, same.replace("8)", "8, affine=False)")) == []
    assert unlike(same, same.replace("import torch.nn as nn", "from torch import nn")) == []
    assert unlike(same, same.replace("8)", "8, affine=True)"))
    assert unlike(same, same.replace("8)", "9, affine=False)"))
    assert unlike(same, same.replace("torch.nn", "tensorflow.nn"))
    assert unlike("# a\n" + same, same)
    assert unlike("y  = 1\n" + same, "y = 1\n" + same)
    assert unlike("z = nn.Conv3d(1, 2, 3, stride=2)", "z = nn.Conv3d(1, 2, 3)")
