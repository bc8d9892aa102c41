"""The README's commands are the ones that are run: nobody keeps a second copy."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
TESTED_TORCH = "torch==2.13.0"


def command(name: str) -> str:
    """The fenced block below the marker of that name."""
    found = re.search(rf"<!-- command: {name} -->\n```\w*\n(.*?)```", README, re.DOTALL)
    assert found, f"README.md has no block below <!-- command: {name} -->"
    return found[1]


@pytest.mark.parametrize("name", ["main", "test"])
def test_a_command_is_one_line_that_installs_and_runs(name: str) -> None:
    (line,) = command(name).strip().splitlines()
    install, *runs = (shlex.split(part) for part in line.split(" && "))
    assert install[:4] == ["python3", "-m", "pip", "install"]
    assert TESTED_TORCH in install
    assert runs


def test_the_main_command_converts_and_checks_a_tree_that_is_there() -> None:
    runs = [shlex.split(part) for part in command("main").split(" && ")[1:]]
    convert, check = runs
    assert convert[:2] == ["porter", "convert"]
    assert check[:2] == ["porter", "check"]
    source, out = convert[2], convert[convert.index("-o") + 1]
    assert (ROOT / source).is_dir()
    assert check[2:4] == [source, out]


def test_ci_runs_what_the_readme_says() -> None:
    function = CI[CI.index("readme_command()") : CI.index("test_command=")]
    script = f"{function}\nreadme_command test"
    read = subprocess.run(["bash", "-c", script], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert read == command("test")
    assert "pytest" in read
    assert "pytest" not in CI, ".ci/run repeats the test command instead of reading it"


def test_the_example_is_what_porter_writes() -> None:
    example = README[README.index("```diff\n") + len("```diff\n") :]
    shown = example[: example.index("```")]
    source = ROOT / "fixtures" / "demo"
    ran = subprocess.run(
        [sys.executable, "-m", "porter", "convert", source, "--platform", "any"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert shown in ran.stdout
    assert shown.count("\n+") > 5


def test_links_in_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]
