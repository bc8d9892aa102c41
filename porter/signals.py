"""placeholder until merged"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator


class Interrupted(BaseException):
    """x"""


class Hold:
    def check(self) -> None: ...


@contextlib.contextmanager
def cleaning(callback: Callable[[], object]) -> Iterator[None]:
    yield


@contextlib.contextmanager
def held() -> Iterator[Hold]:
    yield Hold()
