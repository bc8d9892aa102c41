"""What of a tree is read, what is left out, and what cannot be read."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from porter.errors import SourceError
from porter.source.patterns import Patterns
from porter.source.tree import Tree
from porter.source.walk import Reading, read_tree

TEXT = "import torch\n"


def make(root: Path, *names: str, **files: str) -> Path:
    """A tree of these files."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files.get(name, TEXT))
    return root


def reading(root: Path, *, exclude: str = "", include: str = "", gitignore: bool = True) -> Reading:
    groups = [(Patterns(root.resolve(), tuple(text.split()), told),) if text else () for text, told in (
        (exclude, "--exclude"), (include, "--include"))]  # fmt: skip
    return Reading(groups[0], groups[1], gitignore)


def read(root: Path, **options: str | bool) -> Tree:
    return read_tree(root, reading(root, **options))  # type: ignore[arg-type]


def left(tree: Tree) -> dict[str, str]:
    return {each.path: each.why for each in tree.left_out}


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True)


def test_python_files_are_read_and_the_rest_is_named(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "pkg/b.py", "pkg/notes.txt", ".hidden/c.py")
    (tmp_path / "link.py").symlink_to("a.py")
    (tmp_path / "door").symlink_to("pkg")
    tree = read_tree(tmp_path)
    assert tree.files == dict.fromkeys([".hidden/c.py", "a.py", "pkg/b.py"], TEXT.encode())
    assert tree.others == ("door", "link.py", "pkg/notes.txt")
    assert (tree.left_out, tree.notes, tree.unreadable, tree.skipped) == ((), (), {}, {})


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["env/pyvenv.cfg", "env/lib/x.py"], "a virtual environment"),
        (["env/conda-meta/history", "env/lib/x.py"], "a virtual environment"),
        (["venv/lib/x.py"], "a virtual environment"),
        ([".venv/lib/x.py"], "a virtual environment"),
        (["node_modules/x/gen.py"], "installed packages"),
        (["build/lib/x.py"], "a build folder"),
        (["dist/x.py"], "a build folder"),
        ([".tox/py/x.py"], "a cache"),
        (["sub/.pytest_cache/x.py"], "a cache"),
        (["env/pyvenv.cfg", "env/__init__.py"], "a virtual environment"),
    ],
)
def test_a_folder_that_is_no_part_of_a_tree_is_not_entered(tmp_path: Path, names: list[str], why: str) -> None:
    make(tmp_path, "a.py", *names)
    tree = read_tree(tmp_path)
    assert set(tree.files) == {"a.py"}
    assert tree.others == ()
    assert list(left(tree).values()) == [why]


@pytest.mark.parametrize("name", [".git", ".hg", ".svn", "__pycache__", ".porter"])
def test_what_is_nobodys_source_is_passed_over_without_a_word(tmp_path: Path, name: str) -> None:
    make(tmp_path, "a.py", f"sub/{name}/x.py", f"{name}/y.py")
    for tree in (read_tree(tmp_path), read(tmp_path, gitignore=False, include=name)):
        assert set(tree.files) == {"a.py"}
        assert tree.left_out == ()


@pytest.mark.parametrize(
    "names", [["build/__init__.py", "build/x.py"], ["venv/__init__.py"], ["builds/x.py"], ["src/distribution/x.py"]]
)
def test_a_package_of_such_a_name_is_read(tmp_path: Path, names: list[str]) -> None:
    make(tmp_path, *names)
    assert sorted(read_tree(tmp_path).files) == sorted(names)


def test_the_name_of_the_tree_itself_is_not_asked(tmp_path: Path) -> None:
    make(tmp_path / "build", "x.py")
    assert set(read_tree(tmp_path / "build").files) == {"x.py"}


def test_what_git_tracks_is_read_wherever_it_lies(tmp_path: Path) -> None:
    make(tmp_path, "build/tracked.py", "build/other.py", "gen/tracked.py", "gen/other.py", ".venv/tracked.py")
    make(tmp_path, ".venv/other.py", ".venv/pyvenv.cfg")
    (tmp_path / ".gitignore").write_text("gen/\n*.log\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", "build/tracked.py", "gen/tracked.py", ".venv/tracked.py")
    tree = read_tree(tmp_path)
    assert set(tree.files) == {"build/tracked.py", "build/other.py", "gen/tracked.py", ".venv/tracked.py"}


IGNORED = ["gen/a.py", "keep.log.py", "sub/deep/x.py", "sub/own.py"]


@pytest.fixture
def ignoring(tmp_path: Path) -> Path:
    """A tree with ignore files at two levels, below a folder with one of its own."""
    make(tmp_path / "top" / "src", "a.py", "data.bin", *IGNORED)
    (tmp_path / "top" / "src" / ".gitignore").write_text("gen/\n*.bin\n")
    (tmp_path / "top" / "src" / "sub" / ".gitignore").write_text("deep\n!*.bin\n")
    (tmp_path / "top" / ".gitignore").write_text("*.log.py\n/src/sub/own.py\n")
    make(tmp_path / "top" / "src", "sub/kept.bin")
    return tmp_path / "top"


def test_ignore_files_of_the_tree_count_without_git(ignoring: Path) -> None:
    tree = read_tree(ignoring / "src")
    assert set(tree.files) == {"a.py", "keep.log.py", "sub/own.py"}
    assert set(tree.others) == {".gitignore", "sub/.gitignore", "sub/kept.bin"}
    assert left(tree) == dict.fromkeys(["data.bin", "gen/", "sub/deep/"], "ignored")


def test_in_a_repository_those_above_and_its_own_count_too(ignoring: Path) -> None:
    git(ignoring, "init", "-q")
    tree = read_tree(ignoring / "src")
    assert set(tree.files) == {"a.py"}
    (ignoring / ".git" / "info").mkdir(exist_ok=True)
    (ignoring / ".git" / "info" / "exclude").write_text("a.py\n")
    assert read_tree(ignoring / "src").files == {}


def test_a_working_tree_of_a_repository_has_its_exclude_file(ignoring: Path, tmp_path: Path) -> None:
    git(ignoring, "init", "-q")
    git(ignoring, "commit", "-q", "--allow-empty", "-m", "x")
    git(ignoring, "worktree", "add", "-q", str(tmp_path / "other"))
    (ignoring / ".git" / "info" / "exclude").write_text("hidden.py\n")
    make(tmp_path / "other", "hidden.py", "seen.py")
    assert set(read_tree(tmp_path / "other").files) == {"seen.py"}


def test_a_tree_that_is_ignored_as_a_whole_is_read(ignoring: Path) -> None:
    git(ignoring, "init", "-q")
    (ignoring / ".gitignore").write_text("src\n*.log.py\n")
    assert set(read_tree(ignoring / "src").files) == {"a.py", "keep.log.py", "sub/own.py"}
    make(ignoring / "src", "sub/more/b.py")
    assert set(read_tree(ignoring / "src" / "sub" / "more").files) == {"b.py"}


def test_a_personal_ignore_file_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make(tmp_path / "home", ".config/git/ignore", **{".config/git/ignore": "*.py\n"})
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    make(tmp_path / "src", "a.py")
    git(tmp_path / "src", "init", "-q")
    assert set(read_tree(tmp_path / "src").files) == {"a.py"}


def test_no_gitignore_brings_back_what_is_hidden_but_no_environment(ignoring: Path) -> None:
    root = make(ignoring / "src", "build/x.py", "venv/y.py", "env/pyvenv.cfg", "node_modules/z.py", ".tox/t.py")
    found = set(read(root, gitignore=False).files)
    assert found == {"a.py", *IGNORED, "build/x.py", "venv/y.py"}


def test_include_brings_back_what_it_names(ignoring: Path) -> None:
    root = make(ignoring / "src", "gen/b.py", "env/pyvenv.cfg", "env/lib/x.py", "env/lib/y.py", "build/z.py")
    assert set(read(root, include="gen/a.py").files) == {"a.py", "keep.log.py", "sub/own.py", "gen/a.py"}
    assert {"gen/a.py", "gen/b.py"} <= set(read(root, include="gen").files)
    assert {"env/lib/x.py"} == {name for name in read(root, include="env/lib/x.py").files if "env" in name}
    assert "build/z.py" in read(root, include="build").files


def test_exclude_wins_and_what_matches_nothing_is_told(ignoring: Path) -> None:
    root = ignoring / "src"
    tree = read(root, exclude="sub /a.py nothing/*", include="gen/a.py missing.py")
    assert set(tree.files) == {"keep.log.py", "gen/a.py"}
    assert {path: why for path, why in left(tree).items() if why == "excluded"} == {
        "a.py": "excluded", "sub/": "excluded",
    }  # fmt: skip
    assert tree.notes == (
        f"--exclude 'nothing/*': matches nothing in {root}", f"--include 'missing.py': matches nothing in {root}",
    )  # fmt: skip
    assert "gen/a.py" not in read(root, exclude="gen/a.py", include="gen/a.py").files


@pytest.mark.parametrize(
    ("pattern", "gone"),
    [
        ("tests/*", {"tests/t.py"}),
        ("*_test.py", {"x_test.py", "tests/y_test.py"}),
        ("tests", {"tests/t.py", "tests/y_test.py"}),
        ("old/*", {"old/net.py", "old/deep/net.py"}),
        ("old/", {"old/net.py", "old/deep/net.py"}),
        ("net.py", {"net.py", "old/net.py", "old/deep/net.py"}),
        ("/net.py", {"net.py"}),
    ],
)
def test_patterns_name_files_and_folders_at_any_level(tmp_path: Path, pattern: str, gone: set[str]) -> None:
    names = {"net.py", "x_test.py", "tests/t.py", "tests/y_test.py", "old/net.py", "old/deep/net.py"}
    make(tmp_path, *names)
    assert names - set(read(tmp_path, exclude=pattern).files) >= gone
    if pattern != "tests/*":
        assert names - set(read(tmp_path, exclude=pattern).files) == gone


def test_devices_sockets_and_pipes_are_never_opened(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "pipe.py")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
    tree = read_tree(tmp_path)
    assert tree.skipped == {"pipe": "a named pipe", "socket": "a socket"}
    assert tree.unreadable == {"pipe.py": "is a named pipe, expected a regular file"}
    assert (set(tree.files), tree.others) == ({"a.py"}, ())


def test_a_folder_that_cannot_be_listed_is_told_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a.py", "locked/b.py", "open/c.py")
    scan = os.scandir

    def refuse(path: str | os.PathLike[str]) -> object:
        if os.fspath(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    tree = read_tree(tmp_path)
    assert tree.unreadable == {"locked": "Permission denied"}
    assert set(tree.files) == {"a.py", "open/c.py"}
    with pytest.raises(SourceError, match=r"locked: cannot be listed: Permission denied; check its permissions"):
        read_tree(tmp_path / "locked")


def test_without_git_the_ignore_files_decide_and_that_is_told(ignoring: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(ignoring, "init", "-q")
    monkeypatch.setenv("PATH", "")
    tree = read_tree(ignoring / "src")
    assert set(tree.files) == {"a.py"}
    assert tree.notes == (
        f"{ignoring}/src: is a git repository, but git is not installed: it cannot be asked for its state; "
        "what is ignored goes by the ignore files alone",
    )


def test_one_file_is_read_whatever_ignores_it(ignoring: Path) -> None:
    assert read_tree(ignoring / "src" / "gen" / "a.py").files == {"a.py": TEXT.encode()}
    with pytest.raises(SourceError, match="no such file or folder; expected a folder"):
        read_tree(ignoring / "nowhere")


def test_names_that_are_no_text_are_read(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    make(tmp_path, name, os.fsdecode(b"\xff/x.py"))
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_bytes(b"\xff/\n[\n")
    assert set(read_tree(tmp_path).files) == {name}


def test_an_ignore_file_that_is_a_pipe_or_a_link_does_not_count(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "sub/b.py", "patterns.txt", **{"patterns.txt": "*.py\n"})
    os.mkfifo(tmp_path / ".gitignore")
    (tmp_path / "sub" / ".gitignore").symlink_to("../patterns.txt")
    (tmp_path / "sub" / ".git").write_text("gitdir: elsewhere\n")
    tree = read_tree(tmp_path)
    assert set(tree.files) == {"a.py", "sub/b.py"}
    assert "sub/.git" not in tree.others
