"""torch -> MindSpore -> torch gives the first text again, up to defaults that were written out.

Two texts are the same up to defaults when their syntax trees are equal after every call of a name that has a rule is
bound to torch's signature and arguments that say what the default says are left out. Lines on which no such call stands
must be equal to the last space, and so must the comments. A case for which that cannot hold says so in its notes
(`roundtrip: differs, WHY`), and it is an error to say so where it does hold.
"""

from __future__ import annotations

import ast
import difflib
from pathlib import Path

import pytest

from porter.convert import Options, convert_tree
from porter.rules.model import Rule
from porter.source.tree import read_tree

from .harness import Case, Notes, cases, comments, rules, without_marks
from .test_trees import outputs, write

CASES = cases("to_mindspore/*.in.py")
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
    differences = list(unlike(case.before, after))
    if Notes.read(case.notes).roundtrip:
        assert differences, "the notes say that it differs, and it does not: take the line out"
    else:
        assert not differences, "\n".join(differences)


def unlike(before: str, after: str) -> list[str]:
    """What differs between two texts beyond defaults that are written out; empty when nothing does."""
    before, after = ("\n".join(without_marks(text)) for text in (before, after))
    first, last = plain(before).splitlines(), plain(after).splitlines()
    if first != last:
        return list(difflib.unified_diff(first, last, "before", "after", n=0, lineterm=""))
    if comments(before) != comments(after):
        return ["comments: " + repr(comments(before)) + " became " + repr(comments(after))]
    return [line for line in loose_lines(before) if line not in after.splitlines()]


def loose_lines(text: str) -> list[str]:
    """The lines on which no call of a name with a rule stands."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and rule_of(node)]
    taken = {line for node in calls for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    return [line for number, line in enumerate(text.splitlines(), 1) if number not in taken]


def plain(text: str) -> str:
    """The program with the defaults of known calls left out and their arguments as keywords, by name."""
    return ast.unparse(ast.fix_missing_locations(_Plain().visit(ast.parse(text))))


def rule_of(call: ast.Call) -> Rule | None:
    """The rule for the last part of the called name, whatever module it is in: enough for a comparison."""
    return BY_NAME.get(ast.unparse(call.func).rpartition(".")[2])


class _Plain(ast.NodeTransformer):
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
        values = {keyword.arg: keyword.value for keyword in node.keywords}
        keywords = []
        for name, where in sorted(bound.items()):
            value = node.args[where] if isinstance(where, int) else values[where]
            if not equal(ast.unparse(value), signature.default(name)):
                keywords.append(ast.keyword(name, value))
        return ast.Call(node.func, [], keywords)


def equal(text: str, default: str | None) -> bool:
    """Whether two pieces of source say the same literal."""
    if default is None:
        return False
    try:
        one, two = ast.literal_eval(text), ast.literal_eval(default)
    except ValueError:
        return text == default
    return bool(one == two) and type(one) is type(two)


def test_the_comparison_can_fail() -> None:
    same = "x = nn.InstanceNorm3d(8)\n"
    assert unlike(same, "x = nn.InstanceNorm3d(8, affine=False)\n") == []
    assert unlike(same, "x = nn.InstanceNorm3d(8, affine=True)\n")
    assert unlike(same, "x = nn.InstanceNorm3d(9, affine=False)\n")
    assert unlike(same, "x = mm.InstanceNorm3d(8)\n")
    assert unlike("# a\n" + same, same)
    assert unlike("y  = 1\n" + same, "y = 1\n" + same)
