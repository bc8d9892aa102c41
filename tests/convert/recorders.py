"""Stand-ins for the two frameworks: each layer, called, says what it means, in words that both frameworks share.

They are written by hand from the frameworks' documentation and know nothing of the rules, so that a wrong rule shows.
Those of MindSpore refuse what MindSpore 2.10 refuses (an int for eps, a padding of three numbers), and fill in its own
defaults. `porter_layers` takes torch's signatures on the way there and MindSpore's on the way back.
"""

from __future__ import annotations

from typing import Any

Meaning = dict[str, Any]


def _norm(features: Any, eps: Any, affine: Any, track: Any, momentum: Any, shift: Any = True) -> Meaning:
    meaning = {"features": features, "eps": eps, "scale": bool(affine), "shift": bool(affine and shift)}
    return meaning | {"track": bool(track), "momentum": _number(momentum) if track else None}


def _number(value: Any) -> Any:
    return round(value, 12) if isinstance(value, float) else value


def _triple(value: Any) -> Any:
    return (value,) * 3 if isinstance(value, int) else tuple(value)


def _need(condition: bool, what: str) -> None:
    if not condition:
        raise TypeError(what)


def torch_instance_norm(
    num_features: Any,
    eps: Any = 1e-5,
    momentum: Any = 0.1,
    affine: Any = False,
    track_running_stats: Any = False,
    device: Any = None,
    dtype: Any = None,
    *,
    bias: Any = True,
) -> Meaning:
    """torch.nn.InstanceNorm3d."""
    return _norm(num_features, eps, affine, track_running_stats, momentum, bias)


def mindspore_instance_norm(
    num_features: Any,
    eps: Any = 1e-5,
    momentum: Any = 0.1,
    affine: Any = True,
    gamma_init: Any = "ones",
    beta_init: Any = "zeros",
    dtype: Any = "float32",
) -> Meaning:
    """mindspore.nn.InstanceNorm3d."""
    _need(type(eps) is float and type(momentum) is float and type(affine) is bool, "eps, momentum and affine")
    return _norm(num_features, eps, affine, False, momentum) | _initial(gamma=gamma_init, beta=beta_init)


def _initial(**values: Any) -> Meaning:
    usual = {"gamma": "ones", "beta": "zeros"}
    return {name: value for name, value in values.items() if value != usual[name]}


def torch_batch_norm(
    num_features: Any,
    eps: Any = 1e-5,
    momentum: Any = 0.1,
    affine: Any = True,
    track_running_stats: Any = True,
    device: Any = None,
    dtype: Any = None,
    *,
    bias: Any = True,
) -> Meaning:
    """torch.nn.BatchNorm3d."""
    return _norm(num_features, eps, affine, track_running_stats, momentum, bias)


def mindspore_batch_norm(
    num_features: Any,
    eps: Any = 1e-5,
    momentum: Any = 0.9,
    affine: Any = True,
    gamma_init: Any = "ones",
    beta_init: Any = "zeros",
    moving_mean_init: Any = "zeros",
    moving_var_init: Any = "ones",
    use_batch_statistics: Any = None,
    dtype: Any = "float32",
) -> Meaning:
    """mindspore.nn.BatchNorm3d; its momentum is the weight of the old value."""
    _need(type(eps) is float and 0 <= momentum <= 1, "eps and momentum")
    track = "always" if use_batch_statistics is False else use_batch_statistics is None
    meaning = _norm(num_features, eps, affine, track, 1 - momentum)
    return meaning | {"track": track} | _initial(gamma=gamma_init, beta=beta_init)


def torch_conv(
    in_channels: Any,
    out_channels: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: Any = 1,
    bias: Any = True,
    padding_mode: Any = "zeros",
    device: Any = None,
    dtype: Any = None,
) -> Meaning:
    """torch.nn.Conv3d."""
    padding = (0, 0, 0) if padding == "valid" else padding if padding == "same" else _triple(padding)
    return {
        "channels": (in_channels, out_channels),
        "kernel": _triple(kernel_size),
        "stride": _triple(stride),
        "padding": padding,
        "dilation": _triple(dilation),
        "groups": groups,
        "bias": bool(bias),
        "mode": padding_mode,
    }


def mindspore_conv(
    in_channels: Any,
    out_channels: Any,
    kernel_size: Any,
    stride: Any = 1,
    pad_mode: Any = "same",
    padding: Any = 0,
    dilation: Any = 1,
    group: Any = 1,
    has_bias: Any = False,
    weight_init: Any = None,
    bias_init: Any = None,
    data_format: Any = "NCDHW",
    dtype: Any = "float32",
) -> Meaning:
    """mindspore.nn.Conv3d; its padding counts the front and the back of each axis."""
    for value in (kernel_size, stride, padding, dilation):
        _need(isinstance(value, int | tuple), "int or tuple")
    _need(isinstance(has_bias, bool), "has_bias must be a bool")
    _need(pad_mode == "pad" or padding == 0, "padding needs pad_mode='pad'")
    meaning = torch_conv(in_channels, out_channels, kernel_size, stride, 0, dilation, group, has_bias)
    if pad_mode == "pad":
        return meaning | {"padding": _halves(padding)}
    return meaning | {"padding": "same" if pad_mode == "same" else (0, 0, 0)}


def _halves(padding: Any) -> Any:
    if isinstance(padding, int):
        return _triple(padding)
    _need(len(padding) == 6, "padding must have six numbers")
    even = padding[::2] == padding[1::2]
    return padding[::2] if even else padding


def torch_conv_transpose(
    in_channels: Any,
    out_channels: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: Any = 1,
    bias: Any = True,
    dilation: Any = 1,
    padding_mode: Any = "zeros",
    device: Any = None,
    dtype: Any = None,
) -> Meaning:
    """torch.nn.ConvTranspose3d."""
    meaning = torch_conv(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode)
    return meaning | {"output padding": _triple(output_padding)}


def mindspore_conv_transpose(
    in_channels: Any,
    out_channels: Any,
    kernel_size: Any,
    stride: Any = 1,
    pad_mode: Any = "same",
    padding: Any = 0,
    dilation: Any = 1,
    group: Any = 1,
    output_padding: Any = 0,
    has_bias: Any = False,
    weight_init: Any = None,
    bias_init: Any = None,
    data_format: Any = "NCDHW",
    dtype: Any = "float32",
) -> Meaning:
    """mindspore.nn.Conv3dTranspose; 'valid' makes n * stride of n where the kernel is smaller than the stride."""
    meaning = mindspore_conv(
        in_channels, out_channels, kernel_size, stride, pad_mode, padding, dilation, group, has_bias
    )
    if pad_mode == "valid" and any(k < s for k, s in zip(meaning["kernel"], meaning["stride"], strict=True)):
        meaning["padding"] = "valid, and zeros to a multiple of the stride"
    return meaning | {"output padding": _triple(output_padding)}


def torch_max_pool(
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    return_indices: Any = False,
    ceil_mode: Any = False,
) -> Meaning:
    """torch.nn.MaxPool3d."""
    return {
        "kernel": _triple(kernel_size),
        "stride": _triple(kernel_size if stride is None else stride),
        "padding": _triple(padding),
        "dilation": _triple(dilation),
        "indices": bool(return_indices),
        "ceil": bool(ceil_mode),
    }


def mindspore_max_pool(
    kernel_size: Any = 1,
    stride: Any = 1,
    pad_mode: Any = "valid",
    padding: Any = 0,
    dilation: Any = 1,
    return_indices: Any = False,
    ceil_mode: Any = False,
) -> Meaning:
    """mindspore.nn.MaxPool3d."""
    for value in (kernel_size, stride, padding, dilation):
        _need(isinstance(value, int | tuple), "int or tuple")
    _need(pad_mode == "pad" or (dilation == 1 and not return_indices and padding == 0), "needs pad_mode='pad'")
    meaning = torch_max_pool(kernel_size, stride, padding, dilation, return_indices, ceil_mode)
    return meaning | ({"padding": "same"} if pad_mode == "same" else {})


def torch_leaky_relu(negative_slope: Any = 0.01, inplace: Any = False) -> Meaning:
    """torch.nn.LeakyReLU; whether it writes into its input is a finding, not a meaning that is compared."""
    return {"slope": negative_slope}


def mindspore_leaky_relu(alpha: Any = 0.2) -> Meaning:
    """mindspore.nn.LeakyReLU."""
    return {"slope": alpha}


def torch_relu(inplace: Any = False) -> Meaning:
    """torch.nn.ReLU."""
    return {}


def mindspore_relu() -> Meaning:
    """mindspore.nn.ReLU."""
    return {}


def torch_dropout(p: Any = 0.5, inplace: Any = False) -> Meaning:
    """torch.nn.Dropout3d."""
    return {"p": p}


def mindspore_dropout(p: Any = 0.5) -> Meaning:
    """mindspore.nn.Dropout3d."""
    _need(type(p) is float, "p must be a float")
    return {"p": p}


def torch_cat(tensors: Any, dim: Any = 0, *, out: Any = None) -> Meaning:
    """torch.cat."""
    return {"tensors": tuple(tensors), "dim": dim, "out": out}


def mindspore_cat(tensors: Any, axis: Any = 0) -> Meaning:
    """mindspore.ops.cat."""
    return {"tensors": tuple(tensors), "dim": axis, "out": None}
