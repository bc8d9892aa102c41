"""Makes the index of a folder of rules: `python -m porter.rules.build FOLDER FILE`, run while a wheel is built."""

from __future__ import annotations

import sys
from pathlib import Path

from porter.errors import RuleError
from porter.rules.cache import packed_parts
from porter.rules.index import shipped_index


def main(folder: str, file: str) -> int:
    """Write the index; what is wrong with the rules goes to standard error."""
    try:
        Path(file).write_bytes(packed_parts(shipped_index(Path(folder))))
    except RuleError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
