"""Writing what was converted: a new OUT, an OUT that is brought up to date, or the changed files of SRC.

Nothing else in porter writes to the disk.
"""

from porter.output.inplace import Change, check_clean, write_in_place
from porter.output.manifest import MANIFEST, Manifest, read_manifest
from porter.output.mirror import make
from porter.output.places import check_report, check_target
from porter.output.report import write_report
from porter.output.resume import finish, is_unfinished
from porter.output.update import update
from porter.output.wanted import Wanted, Written

__all__ = [
    "MANIFEST",
    "Change",
    "Manifest",
    "Wanted",
    "Written",
    "check_clean",
    "check_report",
    "check_target",
    "finish",
    "is_unfinished",
    "make",
    "read_manifest",
    "update",
    "write_in_place",
    "write_report",
]
