"""What rules cost a tree of one file: `python -m tests.rule_costs [--before CHECKOUT]` prints a table.

Each row is `porter convert` in a process of its own, by processor time; the rows take turns, and the least of all
rounds counts. `--before`: another checkout of porter, which has to do the same with its own rules.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
RULES = ROOT / "rules"
ALONE = ("[layer.", "aliases", "[methods]", "[absent.")
"""What rules have that are not copied: a class of the generated module, a second name, members of all objects."""
SOURCE = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv3d(1, 8, 3, padding=1)
        self.norm = nn.InstanceNorm3d(8, affine=True)
        self.act = nn.LeakyReLU(0.01)

    def forward(self, x):
        return self.act(self.norm(self.conv(x)))
"""
NAME = re.compile(r'^(name\s*=\s*"[\w.]+)"', re.MULTILINE)


def copy_rules(folder: Path, count: int) -> None:
    """Write so many rules: those of the project under other names, `nn/Conv3d12.toml` of `torch.nn.Conv3d12`."""
    texts = {path.relative_to(RULES).as_posix(): path.read_text(encoding="utf-8") for path in RULES.rglob("*.toml")}
    texts = {name: text for name, text in sorted(texts.items()) if not any(key in text for key in ALONE)}
    for number in range(count):
        name, text = list(texts.items())[number % len(texts)]
        path = folder / f"{name.removesuffix('.toml')}{number}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(NAME.sub(rf'\g<1>{number}"', text), encoding="utf-8")


@dataclass
class Run:
    """A row. `is_cold`: nothing is known of the rules; `can_keep`: what is found out about them can be kept."""

    label: str
    checkout: Path
    own: Path | None = None
    is_cold: bool = False
    can_keep: bool = True
    seconds: list[float] = field(default_factory=list)

    def measure(self, work: Path) -> None:
        """One more process."""
        cache = work / ("cache" if self.can_keep else "no folder/cache")
        if self.is_cold:
            shutil.rmtree(cache, ignore_errors=True)
        command = [sys.executable, "-m", "porter", "convert", str(work / "net.py")]
        command += ["--rules", str(self.own)] if self.own is not None else []
        environment = os.environ | {"PYTHONPATH": str(self.checkout), "XDG_CACHE_HOME": str(cache)}
        before = os.times()
        subprocess.run(command, cwd=self.checkout, env=environment, capture_output=True, check=True)
        after = os.times()
        self.seconds.append(sum(after[2:4]) - sum(before[2:4]))


def make_runs(work: Path, before: Path | None) -> list[Run]:
    """The rows, with what they need below `work`."""
    many, built = work / "many", work / "built"
    for checkout in (many, built):
        checkout.mkdir()
        (checkout / "porter").symlink_to(ROOT / "porter")
        shutil.copytree(RULES, checkout / "rules")
        copy_rules(checkout / "rules", 300)
    command = [sys.executable, "-m", "porter.rules.build", str(built / "rules"), str(built / "rules/index.json")]
    subprocess.run(command, cwd=built, env=os.environ | {"PYTHONPATH": str(built)}, check=True)
    copy_rules(work / "own", 3000)
    (work / "no folder").write_text("")
    runs = [Run("before: the shipped rules", before)] if before is not None else []
    return [
        *runs,
        Run("the shipped rules", ROOT),
        Run("the shipped rules, nothing can be kept", ROOT, can_keep=False),
        Run("300 more shipped", many),
        Run("300 more shipped, an installed index alone", built, can_keep=False),
        Run("3,000 of a user's own", ROOT, work / "own"),
        Run("3,000 of a user's own, for the first time", ROOT, work / "own", is_cold=True),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--before", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "net.py").write_text(SOURCE, encoding="utf-8")
        runs = make_runs(work, given.before)
        for number in range(given.rounds + 1):
            for run in runs:
                if not run.is_cold:
                    run.measure(work)
            for run in runs:
                run.seconds = run.seconds if number else []  # the first round fills the cache
        for run in runs:
            if run.is_cold:
                run.measure(work)
    first = min(runs[0].seconds)
    sys.stdout.write(f"{'processor time of porter convert, one file':<46} ms     of the first\n")
    for run in runs:
        least = min(run.seconds)
        sys.stdout.write(f"{run.label:<44} {1000 * least:5.0f} {least / first:10.2f}\n")


if __name__ == "__main__":
    main()
