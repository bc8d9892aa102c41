"""What porter takes for ignored is what git takes for ignored."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from porter.source.walk import read_tree

NAMES = st.sampled_from(["a", "b", "data", "a.py", "b.py", "keep.py"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
SPELLED = """\
a|a/|/a|b|*.py|!keep.py|data/**|data/*|!data/keep.py|**/b|a/**/b.py|/*|!/a|!a/|# note||\\#x|[ab].py|a/b|*|!*/|!data/|**\
|b.py """
LINES = st.lists(st.sampled_from(SPELLED.split("|")), max_size=4)


@settings(max_examples=60)
@given(paths=st.lists(PATHS, min_size=1, max_size=8), ignores=st.dictionaries(st.sampled_from(["", "a", "b"]), LINES))
@example(paths=["data/keep.py", "data/a.py"], ignores={"": ["data/**", "!data/keep.py"]})
@example(paths=["data/keep.py", "data/a.py"], ignores={"": ["data/", "!data/keep.py"]})
@example(paths=["a/a/a"], ignores={"a": ["!/a"], "": ["a", "!/a"]})
@example(paths=["a/b.py", "a/keep.py"], ignores={"": ["*.py"], "a": ["!keep.py"]})
def test_porter_reads_what_git_does_not_ignore(paths: list[str], ignores: dict[str, list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path in paths:
            if not any((root / part).is_file() for part in Path(path).parents) and not (root / path).exists():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text("x = 1\n")
        for place, lines in ignores.items():
            if (root / place).is_dir():
                (root / place / ".gitignore").write_text("\n".join(lines) + "\n")
        tree = read_tree(root)
        assert {*tree.files, *tree.others} == listed(root)


def listed(root: Path) -> set[str]:
    """What git would add."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(root), "XDG_CONFIG_HOME": str(root / "none")}
    git = ["git", "-C", str(root)]
    subprocess.run([*git, "init", "-q"], check=True, env=environment)
    command = [*git, "ls-files", "-z", "-co", "--exclude-standard"]
    answer = subprocess.run(command, check=True, env=environment, capture_output=True).stdout
    return {os.fsdecode(name) for name in answer.split(b"\0") if name}
