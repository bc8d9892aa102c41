# mypy: allow-subclassing-any
"""What torch's containers of layers do, for containers of Cells: all operators, and names that say where a layer is.

MindSpore's containers name what is added to them after the layers that they hold, so what is added to an empty one, or
by name, gets no prefix, and two layers of one network share their names. Contract:
https://docs.pytorch.org/docs/2.13/generated/torch.nn.ModuleList.html
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from mindspore import nn


class _Container:
    """Layers by key: every parameter in them is called by the container's own prefix, the key and its own path."""

    _cells: dict[str, Any]
    prefix_given = ""

    def update_parameters_name(self, prefix: str = "", recurse: bool = True) -> None:
        """Put a prefix before the names of all parameters, and remember it for layers that are added later."""
        super().update_parameters_name(prefix, recurse)  # type: ignore[misc]
        self.prefix_given = prefix

    def insert_child_to_cell(self, child_name: str, child_cell: Any) -> None:
        """Add a layer under a key, or put it in the place of the one that is there."""
        prefix, known = self._prefix(), any(child_cell is layer for layer in self._cells.values())
        super().insert_child_to_cell(child_name, child_cell)  # type: ignore[misc]
        if child_cell is not None and not known:
            child_cell.update_parameters_name(f"{prefix}{child_name}.")
        self._changed()

    def append(self, cell: Any) -> Any:
        """Add a layer at the end."""
        self.insert_child_to_cell(str(len(self._cells)), cell)
        return self

    def extend(self, cells: Iterable[Any]) -> Any:
        """Add the layers of an iterable at the end."""
        for cell in list(cells):
            self.append(cell)
        return self

    def insert(self, index: int, cell: Any) -> Any:
        """Add a layer before the one at an index."""
        count = len(self._cells)
        if not -count <= index <= count:
            raise IndexError(f"Index out of range: {index}")
        layers = list(self._cells.values())
        layers.insert(index, cell)
        self._replace(layers)
        return self

    def pop(self, key: Any) -> Any:
        """Take out the layer at an index, or the layers of a slice."""
        found = self[key]
        del self[key]
        return found

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._cut(list(self._cells.items())[index])
        return list(self._cells.values())[index]

    def __setitem__(self, index: int, cell: Any) -> None:
        self.insert_child_to_cell(list(self._cells)[index], cell)

    def __delitem__(self, index: Any) -> None:
        layers = list(self._cells.values())
        del layers[index]
        self._replace(layers)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._changed()

    def _replace(self, layers: list[Any]) -> None:
        """Hold these layers and no others, numbered; a layer that is there twice is called by its first place."""
        prefix = self._prefix()
        self._cells = OrderedDict((str(index), layer) for index, layer in enumerate(layers))
        for key, layer in reversed(self._cells.items()):
            layer.update_parameters_name(f"{prefix}{key}.")
        self._changed()

    def _prefix(self) -> str:
        """What the names begin with: what an owner of the owner has put before the given prefix is in the names."""
        for path, parameter in self.parameters_and_names():  # type: ignore[attr-defined]
            begin = parameter.name.removesuffix(path)
            if begin != parameter.name and begin.endswith(self.prefix_given):
                return str(begin)
        return self.prefix_given

    def _part(self, items: Iterable[tuple[str, Any]]) -> Any:
        """Another container for layers that stay where they are, and keep their names until it gets an owner."""
        raise NotImplementedError

    def _cut(self, items: list[tuple[str, Any]]) -> Any:
        """A slice: as torch makes it, of the class of the whole."""
        raise NotImplementedError

    def _built(self, layers: Any) -> Any:
        """What the constructor of the class makes of these layers, which keep their names, and is in training."""
        names = [(parameter, parameter.name) for parameter in self.get_parameters()]  # type: ignore[attr-defined]
        part = type(self)(layers)  # type: ignore[call-arg]
        for parameter, name in names:
            parameter.name = name
        part.training = True  # type: ignore[attr-defined]
        return part

    def _changed(self) -> None:
        """Called whenever a layer has come or gone."""


def _numbered(layers: Iterable[Any]) -> list[tuple[str, Any]]:
    return [(str(index), layer) for index, layer in enumerate(layers)]


class ModuleList(_Container, nn.CellList):
    """torch.nn.ModuleList: takes any iterable of layers, and what a list of Python can do."""

    def __init__(self, modules: Iterable[Any] | None = None) -> None:
        super().__init__([] if modules is None else list(modules))

    def __add__(self, other: Iterable[Any]) -> ModuleList:
        whole = self._part([*self._cells.items(), *_numbered(other)])
        _name_by_place(whole, self, other)
        return whole

    def __iadd__(self, other: Iterable[Any]) -> ModuleList:
        self.extend(other)
        return self

    def _cut(self, items: list[tuple[str, Any]]) -> Any:
        return self._part(items) if type(self) is ModuleList else self._built([layer for _, layer in items])

    def _part(self, items: Iterable[tuple[str, Any]]) -> ModuleList:
        part = ModuleList()
        part._cells.update(_numbered(layer for _, layer in items))
        return part


class Sequential(_Container, nn.SequentialCell):
    """torch.nn.Sequential: runs its layers in the order in which they were added, by whatever means."""

    def __add__(self, other: Any) -> Sequential:
        whole = self._part(_numbered([*self._layers(), *_layers_of(other)]))
        _name_by_place(whole, self, other)
        return whole

    def __iadd__(self, other: Any) -> Sequential:
        self.extend(_layers_of(other))
        return self

    def __mul__(self, other: int) -> Sequential:
        return self._part(_numbered(self._layers() * _factor(other)))

    def __rmul__(self, other: int) -> Sequential:
        return self * other

    def __imul__(self, other: int) -> Sequential:
        self.extend(self._layers() * (_factor(other) - 1))
        return self

    def _layers(self) -> list[Any]:
        return list(self._cells.values())

    def _cut(self, items: list[tuple[str, Any]]) -> Any:
        return self._part(items) if type(self) is Sequential else self._built(OrderedDict(items))

    def _part(self, items: Iterable[tuple[str, Any]]) -> Sequential:
        part = Sequential()
        part._cells.update(items)
        part._changed()
        return part

    def _changed(self) -> None:
        self.cell_list = self._layers()


def _name_by_place(whole: Any, *parts: Any) -> None:
    """Call the layers of a sum by their places in it, unless a part has an owner, by which it is called already."""
    if not any(isinstance(part, _Container) and part._prefix() for part in parts):
        for key, layer in reversed(whole._cells.items()):
            layer.update_parameters_name(f"{key}.")


def _layers_of(other: Any) -> list[Any]:
    if not isinstance(other, nn.SequentialCell):
        raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)} is given.")
    return list(other._cells.values())


def _factor(other: int) -> int:
    if not isinstance(other, int):
        raise TypeError(f"unsupported operand type(s) for *: Sequential and {type(other)}")
    if other <= 0:
        raise ValueError(f"Non-positive multiplication factor {other} for Sequential")
    return other
