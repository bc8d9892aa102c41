"""Methods of MindSpore's cells that torch's modules have not, as functions of a module.

Contract: https://www.mindspore.cn/docs/en/r2.7.0/api_python/nn/mindspore.nn.Cell.html
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any


def trainable_params(net: Any, recurse: bool = True) -> list[Any]:
    """The parameters that are trained."""
    return [parameter for parameter in net.parameters(recurse) if parameter.requires_grad]


def untrainable_params(net: Any, recurse: bool = True) -> list[Any]:
    """The parameters that are not trained."""
    return [parameter for parameter in net.parameters(recurse) if not parameter.requires_grad]


def parameters_dict(net: Any, recurse: bool = True) -> Any:
    """The parameters by their paths."""
    return OrderedDict(net.named_parameters(recurse=recurse))


def name_cells(net: Any) -> Any:
    """The layers inside by their names."""
    return OrderedDict(net.named_children())
