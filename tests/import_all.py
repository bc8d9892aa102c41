"""A process that imports modules, one after another: `python import_all.py FOLDER` with their names on standard input.

`python import_all.py FOLDER torch`: in a process in which torch cannot be imported. Each gives one JSON line before it
is imported and one after, so that the parent knows which module ended the process.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO


def main() -> None:
    """Import what standard input names; what the modules print goes nowhere."""
    folder, names = Path(sys.argv[1]), sys.stdin.read().split()
    sys.meta_path[:0] = map(Missing, sys.argv[2:])
    with os.fdopen(os.dup(1), "w") as answers, Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        sys.path[0], sys.argv = str(folder), ["import_all"]
        for name in names:
            _say(answers, {"started": name})
            _say(answers, {"name": name, **_imported(name, folder)})
        answers.flush()
    os._exit(0)  # what modules registered for the end of the program is not asked for


@dataclass(frozen=True, slots=True)
class Missing:
    """A finder by which a package is not installed."""

    package: str

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Nothing, for all other names."""
        if name.partition(".")[0] == self.package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _say(answers: TextIO, message: dict[str, str]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


def _imported(name: str, folder: Path) -> dict[str, str]:
    """Nothing where a module can be imported from the folder; else the error, and the line of the tree it rose at."""
    try:
        found = getattr(importlib.import_module(name), "__file__", None)
    except BaseException as error:  # noqa: BLE001 - a module may raise anything, SystemExit too
        text = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return {"error": text, "where": _where(error, folder)}
    return {} if found is None or Path(found).is_relative_to(folder) else {"error": f"found elsewhere: {found}"}


def _where(error: BaseException, folder: Path) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)]
    if not inside:
        return ""
    return f"{Path(inside[-1].filename).relative_to(folder)}:{inside[-1].lineno}: {inside[-1].line}"


if __name__ == "__main__":
    main()
