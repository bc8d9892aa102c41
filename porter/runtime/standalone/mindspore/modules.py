"""Methods of torch's modules that MindSpore's cells have not, or mean otherwise, as functions of a cell.

Names, children, parameters and buffers are those of torch. A child that has a method of its own is asked by it, as
torch does. Contract: https://docs.pytorch.org/docs/2.13/generated/torch.nn.Module.html
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

import mindspore
from mindspore import _no_grad, nn

from .members import (
    _all_cells,
    _cells,
    _is_native,
    _joined,
    _own_parameters,
    _ready,
    _second,
    _walks,
    named_children,
    named_modules,
    named_parameters,
)

_FLOATS = (mindspore.float16, mindspore.float32, mindspore.float64, mindspore.bfloat16)


def _kept_buffers() -> tuple[Any, ...]:
    """Layers that keep as parameters what torch's keep as buffers: the class, and how to read each."""
    return ()


def _own_buffers(cell: Any) -> Any:
    """What torch keeps as buffers in this layer itself: name, buffer, whether it is saved."""
    for layer, readers in _kept_buffers():
        if isinstance(cell, layer):
            yield from [(name, _ready(read(cell)), True) for name, read in readers.items()]
            return
    if not _is_native(cell):
        unsaved = getattr(cell, "_non_persistent_buffers_set", ())
        yield from [(name, buffer, name not in unsaved) for name, buffer in getattr(cell, "_buffers", {}).items()]


def named_buffers(net: Any, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Any:
    """net.named_buffers() of torch; num_batches_tracked, which MindSpore does not count, is not among them."""
    seen: set[int] = set()
    owners = named_modules(net, prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, net)]
    for path, cell in owners:
        for name, buffer, _ in _own_buffers(cell):
            if buffer is not None and id(buffer) not in seen:
                if remove_duplicate:
                    seen.add(id(buffer))
                yield _joined(path, name), buffer


def buffers(net: Any, recurse: bool = True) -> Any:
    """net.buffers() of torch."""
    yield from _second(named_buffers(net, recurse=recurse))


def apply(net: Any, fn: Any) -> Any:
    """Call a function with every layer, those inside first, and give back the network."""
    for _, child in named_children(net):
        if _walks(child, "apply"):
            apply(child, fn)
        else:
            child.apply(fn)
    fn(net)
    return net


def _state(cell: Any) -> dict[str, Any]:
    """What is saved of a layer itself, parameters first."""
    found = dict(_own_parameters(cell))
    found |= {name: buffer for name, buffer, saved in _own_buffers(cell) if saved}
    return {name: value for name, value in found.items() if value is not None}


def state_dict(net: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
    """Parameters and buffers by torch's names. They share their memory with the network, as torch's do."""
    found = OrderedDict() if destination is None else destination
    for name, value in _state(net).items():
        found[prefix + name] = value if keep_vars else value.data
    for name, child in _cells(net):
        if _walks(child, "state_dict"):
            state_dict(child, found, f"{prefix}{name}.", keep_vars)
        else:
            child.state_dict(destination=found, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    return found


class _Loaded(NamedTuple):
    """Keys of the network that were not given, and keys that are none of the network's."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def load_state_dict(net: Any, state_dict: Any, strict: bool = True) -> Any:
    """Copy values into parameters and buffers of torch's names. Raises RuntimeError for what does not fit."""
    loaded = _Loaded([], [])
    errors: list[str] = []
    _load(net, dict(state_dict), "", loaded, errors)
    for keys, what in ((loaded.unexpected_keys, "Unexpected"), (loaded.missing_keys, "Missing")):
        if strict and keys:
            shown = ", ".join(f'"{key}"' for key in keys)
            errors.insert(0, f"{what} key(s) in state_dict: {shown}. ")
    if errors:
        told = "\n\t".join(errors)
        raise RuntimeError(f"Error(s) in loading state_dict for {type(net).__name__}:\n\t{told}")
    return loaded


def _load(cell: Any, values: Any, prefix: str, loaded: _Loaded, errors: list[str]) -> None:
    own, inner = _state(cell), dict(_cells(cell))
    for name, kept in own.items():
        key = prefix + name
        if key not in values:
            loaded.missing_keys.append(key)
        elif tuple(values[key].shape) != tuple(kept.shape):
            shapes = f"{tuple(values[key].shape)} from checkpoint, the shape in current model is {tuple(kept.shape)}"
            errors.append(f"size mismatch for {key}: copying a param with shape {shapes}.")
        else:
            _copy(kept, values[key])
    counted = {"num_batches_tracked"} if "running_mean" in own else set()  # torch's layers count, MindSpore's do not
    for key in values:
        head, dot, _ = key.removeprefix(prefix).partition(".")
        known = head in inner if dot else head in own or head in counted
        if key.startswith(prefix) and not known:
            loaded.unexpected_keys.append(key)
    for name, child in inner.items():
        within = {key: value for key, value in values.items() if key.startswith(f"{prefix}{name}.")}
        _load(child, within, f"{prefix}{name}.", loaded, errors)


def _copy(kept: Any, value: Any) -> None:
    """Put a value in place: `tensor[:]` writes what other names of the tensor see as well."""
    given = value if isinstance(value, mindspore.Tensor) else mindspore.Tensor(value)
    with _no_grad():
        if kept.ndim == 0:
            kept.copy_(given.astype(kept.dtype))
        elif kept.size > 0:
            kept[:] = given.astype(kept.dtype)


def _cast(net: Any, dtype: Any, kinds: Any) -> Any:
    """Give parameters and buffers of some dtypes another one, where they are."""
    for cell in _all_cells(net, {}).values():
        for parameter in cell._params.values():
            if parameter is not None and (kinds is None or parameter.dtype in kinds) and parameter.dtype != dtype:
                parameter.set_dtype(dtype)
        for name, buffer in getattr(cell, "_buffers", {}).items():
            if buffer is not None and (kinds is None or buffer.dtype in kinds):
                cell._buffers[name] = buffer.astype(dtype)
    return net


def cast(net: Any, dtype: Any) -> Any:
    """Floating point parameters and buffers in another dtype. Raises TypeError for one of whole numbers."""
    if dtype not in _FLOATS:
        raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}")
    return _cast(net, dtype, _FLOATS)


def cast_all(net: Any, dtype: Any) -> Any:
    """All parameters and buffers in another dtype."""
    return _cast(net, dtype, None)


def half(net: Any) -> Any:
    """Floating point parameters and buffers as float16."""
    return cast(net, mindspore.float16)


def single(net: Any) -> Any:
    """Floating point parameters and buffers as float32."""
    return cast(net, mindspore.float32)


def double(net: Any) -> Any:
    """Floating point parameters and buffers as float64."""
    return cast(net, mindspore.float64)


def bfloat16(net: Any) -> Any:
    """Floating point parameters and buffers as bfloat16."""
    return cast(net, mindspore.bfloat16)


def set_requires_grad(net: Any, requires_grad: bool = True) -> Any:
    """Whether the network's parameters are trained, as its own answer to requires_grad_."""
    for _, parameter in named_parameters(net):
        parameter.requires_grad = requires_grad
    return net


def register_parameter(net: Any, name: str, param: Any) -> None:
    """A parameter, or None, under a name that is free. Raises KeyError for one that is not."""
    if "." in name or name == "":
        raise KeyError(f"parameter name {name!r}: a name without dots is expected")
    if getattr(net, name, None) is not None and name not in net._params:
        raise KeyError(f"attribute '{name}' already exists")
    setattr(net, name, param)


def register_module(net: Any, name: str, module: Any) -> None:
    """A layer under a name."""
    setattr(net, name, module)
    if isinstance(net, nn.SequentialCell) and isinstance(module, nn.Cell):
        net.cell_list = list(net._cells.values())  # it runs these, whatever its attributes are


def get_submodule(net: Any, target: str) -> Any:
    """The layer at a path of torch's names. Raises AttributeError where there is none."""
    for name in target.split(".") if target else ():
        inner = dict(_cells(net))
        if name not in inner:
            raise AttributeError(f"{type(net).__name__} has no attribute `{name}`")
        net = inner[name]
    return net


def get_parameter(net: Any, target: str) -> Any:
    """The parameter at a path of torch's names. Raises AttributeError where there is none."""
    path, _, name = target.rpartition(".")
    owner = get_submodule(net, path)
    found = dict(_own_parameters(owner)).get(name)
    if found is None:
        raise AttributeError(f"{type(owner).__name__} has no attribute `{name}`")
    return found


def get_buffer(net: Any, target: str) -> Any:
    """The buffer at a path of torch's names. Raises AttributeError where there is none."""
    path, _, name = target.rpartition(".")
    owner = get_submodule(net, path)
    found = {own: buffer for own, buffer, _ in _own_buffers(owner)}.get(name)
    if found is None:
        raise AttributeError(f"{type(owner).__name__} has no attribute `{name}`")
    return found
