"""What tensors and layers give, as far as it needs no rule: names from the frameworks' own documents."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


TENSORS = frozenset(
    {"torch.Tensor", "torch.nn.Parameter", "torch.nn.parameter.Parameter", "torch.nn.Buffer"}
    | {
        f"torch.{kind}Tensor"
        for kind in ("Float", "Double", "Half", "BFloat16", "Int", "Long", "Short", "Byte", "Bool")
    }
    | {"mindspore.Tensor", "mindspore.Parameter", "mindspore.common.tensor.Tensor", "mindspore.common.Tensor"}
    | {"mindspore.common.parameter.Parameter", "mindspore.common.Parameter"}
)
TENSOR_OF = {"torch": "torch.Tensor", "mindspore": "mindspore.Tensor"}
LISTS = frozenset({"torch.nn.ModuleList", "torch.nn.ParameterList", "mindspore.nn.CellList"})
DICTIONARIES = frozenset({"torch.nn.ModuleDict", "torch.nn.ParameterDict", "mindspore.nn.CellDict"})
CHAINS = frozenset({"torch.nn.Sequential", "mindspore.nn.SequentialCell"})
BASES = frozenset({"torch.nn.Module", "mindspore.nn.Cell"})
"""The classes of all layers: an instance of one may be anything that can be called."""
FORWARD = frozenset({"forward", "construct"})

SIZES = frozenset({"shape", "strides"})
NUMBERS = words(
    """
    equal is_same_size dense_dim sparse_dim has_init is_init is_persistent data_ptr get_device element_size
    storage_offset is_signed is_shared is_pinned ndim requires_grad is_cuda is_leaf is_sparse is_quantized
    is_complex is_floating_point itemsize nbytes output_nr dim numel item nelement ndimension is_contiguous rank
    """
)
"""Attributes, and methods, of a tensor that give a number or a truth value."""
WORDS = frozenset({"dtype", "device", "layout", "name", "grad_fn", "names"})
TENSOR_ATTRIBUTES = frozenset({"T", "H", "mT", "mH", "data", "real", "imag", "grad"})
ARRAYS = frozenset({"numpy", "asnumpy", "__array__"})
LISTED = frozenset({"tolist"})
SEVERAL = words(
    """
    align_tensors unstack grad multi_head_attention_forward ctc_greedy_decoder lu_factor lstsq inv_ex
    cholesky_ex ldl_factor lu_unpack svd_lowrank pca_lowrank lobpcg _pack_padded_sequence histogram histogramdd
    broadcast_tensors meshgrid unsafe_chunk unsafe_split std_mean var_mean split chunk unbind tensor_split
    hsplit vsplit dsplit split_with_sizes topk sort kthvalue mode cummax cummin aminmax frexp svd qr slogdet lu
    geqrf eigh eig
    """
)
"""Functions and methods that give several tensors."""
EITHER = frozenset({"max", "min", "median", "nanmedian", "unique", "unique_consecutive", "nonzero", "where"})
"""They give one tensor or several, by their arguments."""
NO_TENSOR = words(
    """
    get_autocast_dtype get_autocast_gpu_dtype get_context get_seed set_device save_checkpoint save
    is_autocast_enabled shape rank size set_num_interop_threads is_deterministic_algorithms_warn_only_enabled
    allclose set_seed set_context use_deterministic_algorithms set_float32_matmul_precision
    get_float32_matmul_precision equal set_printoptions can_cast result_type
    are_deterministic_algorithms_enabled typename seed set_default_dtype set_default_device
    set_default_tensor_type set_num_threads promote_types is_tensor is_storage is_complex is_floating_point
    is_nonzero numel is_grad_enabled is_inference_mode_enabled get_default_dtype get_default_device
    get_num_threads initial_seed
    """
)
"""Functions whose result is no tensor, but a number, a text, a truth value or nothing."""
OPEN = words(
    """
    get_auto_parallel_context reset_auto_parallel_context reset_ps_context get_ps_context _assert overrides
    sym_int sym_float sym_max sym_min sym_not Stream load_mindir save_mindir run_check ms_function ms_class
    jit_class lazy_inline set_auto_parallel_context get_device_module set_flush_denormal get_grad
    load_param_into_net recompute derivative load compile vmap manual_seed jit grad_and_value value_and_grad
    load_checkpoint cond while_loop map vjp jvp jacrev jacfwd hessian functional_call set_rng_state export
    """
)
"""Functions of which nothing is said here."""
SIZE_FUNCTIONS = frozenset({"broadcast_shapes"})
FAMILIES = words(
    """
    torch torch.nn.functional torch.fft torch.linalg torch.special torch.nn.init mindspore.ops
    mindspore.ops.function mindspore.mint mindspore.mint.nn.functional mindspore.numpy
    """
)
"""Modules whose functions give a tensor unless one of the lists above says otherwise."""
DTYPES = frozenset(
    {f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)}
    | {"float16", "float32", "float64", "bfloat16", "complex32", "complex64", "complex128", "float", "double", "half"}
    | {
        "int",
        "long",
        "short",
        "bool",
        "cfloat",
        "cdouble",
        "quint8",
        "qint8",
        "qint32",
        "bool_",
        "strided",
        "channels_last",
    }
    | {"channels_last_3d", "contiguous_format", "preserve_format", "sparse_coo", "inf", "nan", "pi", "e", "newaxis"}
)
MODULES = frozenset(
    {"torch", "mindspore"}
    | {f"torch.{name}" for name in ("nn", "optim", "utils", "cuda", "distributed", "autograd", "jit", "fft", "linalg")}
    | {f"torch.{name}" for name in ("special", "sparse", "distributions", "backends", "amp", "hub", "onnx", "fx")}
    | {f"torch.{name}" for name in ("func", "multiprocessing", "profiler", "quantization", "random", "testing", "ao")}
    | {f"torch.nn.{name}" for name in ("functional", "init", "utils", "modules", "parallel", "attention", "quantized")}
    | {f"torch.utils.{name}" for name in ("data", "checkpoint", "tensorboard", "cpp_extension", "model_zoo")}
    | {f"mindspore.{name}" for name in ("nn", "ops", "mint", "numpy", "common", "dataset", "train", "context", "amp")}
    | {f"mindspore.{name}" for name in ("communication", "experimental", "parallel", "scipy", "runtime", "dtype")}
    | {"torch.cuda.amp", "mindspore.mint.nn", "mindspore.mint.nn.functional", "mindspore.common.initializer"}
    | {"torch.optim.lr_scheduler", "torch.nn.utils.rnn", "torch.autograd.functional", "torch.backends.cudnn"}
)
SELF = words(
    """
    append extend set_comm_fusion set_data_parallel set_jit_config to cuda cpu half float double bfloat16 eval
    train requires_grad_ apply type to_empty xpu share_memory set_train set_grad to_float add_flags
    add_flags_recursive
    """
)
"""Methods of a layer that give the layer."""
PARAMETERS = frozenset({"parameters", "buffers", "get_parameters", "trainable_params", "untrainable_params"})
NAMED_PARAMETERS = frozenset({"named_parameters", "named_buffers", "parameters_and_names", "named_params"})
STATES = frozenset({"state_dict", "parameters_dict"})
NAMED_LAYERS = frozenset({"named_modules", "named_children", "cells_and_names", "name_cells"})
NO_RESULT = words(
    """
    zero_grad add_module register_buffer register_parameter register_module insert insert_child_to_cell
    insert_param_to_cell update_cell_prefix init_parameters_data
    """
)
LAYER_TENSORS = words(
    """
    weight bias running_mean running_var num_batches_tracked gamma beta moving_mean moving_variance
    in_proj_weight in_proj_bias embedding_table
    """
)
LAYER_NUMBERS = words(
    """
    num_embeddings embedding_dim requires_grad hidden_size input_size num_layers batch_first bidirectional
    embed_dim num_heads training eps momentum affine track_running_stats num_features in_channels out_channels
    groups in_features out_features p inplace negative_slope num_groups num_channels
    """
)
SEVERAL_LAYERS = frozenset({"LSTM", "GRU", "RNN", "LSTMCell", "MultiheadAttention", "AdaptiveLogSoftmaxWithLoss"})
"""Layers whose call gives a tuple."""
ONLY_OF_TENSORS = words(
    """
    detach_ t_ movedim swapdims unflatten rsqrt erf lerp addmm baddbmm broadcast_to topk logsumexp masked_select
    new storage data_ptr set_data is_floating_point retain_grad relu tanh pow_ einsum split_with_sizes copy_
    zero_ fill_ normal_ uniform_ narrow unfold type_as asnumpy expand_dims unsqueeze_ squeeze_ scatter scatter_
    gather matmul bmm add_ mul_ sub_ div_ clamp clamp_ is_cuda requires_grad grad softmax sigmoid log_softmax
    unbind chunk unsqueeze permute detach contiguous backward expand_as view_as numel new_zeros
    new_ones new_tensor new_full new_empty masked_fill masked_fill_ index_select
    """
)
"""Names that only tensors have: whoever is asked for one is a tensor."""
OF_TENSORS = words(
    """
    astype swapaxes argmax argmin flip roll cumsum norm all any nelement float half double long int bool to cuda
    cpu clone item tolist numpy data shape size dim ndim device dtype view reshape transpose squeeze repeat
    expand mean sum std var max min abs sqrt exp log pow t T flatten split
    """
)
"""Names that tensors have, and that in a layer's forward hardly anything else has."""


def is_tensor(name: str) -> bool:
    """Whether a class of a framework is that of its tensors."""
    return name in TENSORS


def is_container(name: str) -> bool:
    """Whether a class holds layers."""
    return name in LISTS or name in DICTIONARIES or name in CHAINS


def is_dictionary(name: str) -> bool:
    """Whether a loop over an instance gives names."""
    return name in DICTIONARIES


def takes_list(name: str) -> bool:
    """Whether what a container is made of is one list, so that its argument's elements are what it holds."""
    return name in LISTS or name in DICTIONARIES


def function_returns(name: str) -> str | None:
    """What a function of a framework gives when its rule says nothing: tensor, tensors, number, size, or not known."""
    home, _, last = name.rpartition(".")
    if home not in FAMILIES or last[:1].isupper() or last in OPEN or last in EITHER:
        return None
    if last in SIZE_FUNCTIONS:
        return "size"
    if last in NO_TENSOR:
        return "plain"
    if last in DTYPES and home in ("torch", "mindspore"):
        return None
    return "tensors" if last in SEVERAL else "tensor"


def method_returns(method: str, source: str) -> str | None:
    """What a method of a tensor gives when its rule says nothing."""
    if method in ("size", "shape", "stride"):
        return "size"
    if method in NUMBERS:
        return "plain"
    if method in ARRAYS:
        return "array"
    if method in LISTED or method in EITHER or method.startswith("__"):
        return None
    if method in ("backward", "register_hook", "retain_grad", "share_memory_", "storage", "untyped_storage", "type"):
        return None
    return "tensors" if method in SEVERAL else "tensor"


def looks_like_layer(name: str) -> bool:
    """Whether a qualified name is that of a layer's class, as the frameworks spell them."""
    home, _, last = name.rpartition(".")
    homes = home in ("torch.nn", "mindspore.nn", "mindspore.mint.nn") or home.startswith("torch.nn.modules.")
    return homes and last[:1].isupper() and not is_container(name) and not is_tensor(name) and name not in BASES
