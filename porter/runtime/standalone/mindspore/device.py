"""torch.device, and where a tensor is: a value that programs pass around, print and compare.

MindSpore places a whole program, so a device moves nothing here. Contract:
https://docs.pytorch.org/docs/2.13/tensor_attributes.html
"""

from __future__ import annotations

from typing import Any

import mindspore

_TYPES = {"CPU": "cpu", "GPU": "cuda", "Ascend": "npu"}


class device:
    """A kind of device and, where it is one of several, its number: `type` a text, `index` a number or None.

    Raises RuntimeError for a text that is no device.
    """

    def __init__(self, device: Any = None, index: int | None = None, *, type: Any = None) -> None:
        given: Any = type if device is None else device
        if isinstance(given, int):
            index, given = given, _here()
        if not isinstance(given, str):
            given, index = given.type, given.index
        name, colon, number = given.partition(":")
        if not name.isidentifier() or (colon and not number.isdecimal()) or (colon and index is not None):
            raise RuntimeError(f"Invalid device string: {given!r}")
        self.type = name
        self.index = int(number) if colon else index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        number = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{number})"

    def __enter__(self) -> device:
        return self

    def __exit__(self, *error: object) -> None:
        return None


def _here() -> str:
    """The kind of device that this program runs on, as torch calls it."""
    return _TYPES[mindspore.get_context("device_target")]


def device_of(tensor: Any) -> device:
    """Where a tensor is: as torch, a CPU has no number, and another device has one."""
    name, _, number = str(tensor.device).partition(":")
    kind = _TYPES.get(name, name.lower())
    return device(kind) if kind == "cpu" else device(kind, int(number or 0))


def number_of(tensor: Any) -> int:
    """The number of the device that a tensor is on; -1 for the CPU."""
    found = device_of(tensor)
    return -1 if found.type == "cpu" else found.index or 0
