"""Where the frameworks keep what they offer further up: one table of inner paths, each held against the frameworks."""

from __future__ import annotations

from functools import lru_cache

_OPTIMIZERS = "adadelta adagrad adam adamax adamw asgd lbfgs nadam optimizer radam rmsprop rprop sgd sparse_adam"

INNER_PATHS = (
    ("torch.nn.modules.", "torch.nn."),
    ("torch.nn.parameter.", "torch.nn."),
    ("torch.functional.", "torch."),
    ("torch._tensor.", "torch."),
    ("torch.autograd.grad_mode.", "torch."),
    *((f"torch.optim.{module}.", "torch.optim.") for module in _OPTIMIZERS.split()),
    ("torch.utils.data.dataset.", "torch.utils.data."),
    ("torch.utils.data.dataloader.", "torch.utils.data."),
    ("torch.utils.data.sampler.", "torch.utils.data."),
    ("mindspore.nn.layer.", "mindspore.nn."),
    ("mindspore.nn.cell.", "mindspore.nn."),
    ("mindspore.nn.loss.", "mindspore.nn."),
    ("mindspore.nn.optim.", "mindspore.nn."),
    ("mindspore.nn.wrap.", "mindspore.nn."),
    ("mindspore.nn.dynamic_lr.", "mindspore.nn."),
    ("mindspore.nn.learning_rate_schedule.", "mindspore.nn."),
    ("mindspore.ops.auto_generate.", "mindspore.ops."),
    ("mindspore.ops.functional.", "mindspore.ops."),
    ("mindspore.ops.function.", "mindspore.ops."),
    ("mindspore.ops.operations.", "mindspore.ops."),
    ("mindspore.ops.primitive.", "mindspore.ops."),
    ("mindspore.train.callback.", "mindspore.train."),
    ("mindspore.train.model.", "mindspore.train."),
    ("mindspore.train.serialization.", "mindspore."),
    ("mindspore.context.", "mindspore."),
    ("mindspore.common.dtype.", "mindspore."),
    ("mindspore.common.tensor.", "mindspore."),
    ("mindspore.common.", "mindspore."),
    ("mindspore.dtype.", "mindspore."),
)

OTHERS = frozenset(
    {
        "mindspore.nn.layer.CosineSimilarity",
        "mindspore.nn.layer.math.CosineSimilarity",
        "mindspore.ops.operations.identity",
        "mindspore.train.serialization.build_searched_strategy",
        "mindspore.train.serialization.load_distributed_checkpoint",
        "mindspore.train.serialization.load_mindir",
        "mindspore.train.serialization.merge_sliced_parameter",
        "mindspore.train.serialization.restore_group_info_list",
    }
)
"""Names that are something else further up."""


@lru_cache(maxsize=4096)
def canonical(qualified: str) -> str:
    """`torch.nn.modules.instancenorm.InstanceNorm3d` -> `torch.nn.InstanceNorm3d`; a private name lives only inside."""
    last = qualified.rpartition(".")[2]
    outer = next((outer for inner, outer in INNER_PATHS if qualified.startswith(inner)), None)
    stays = outer is None or last.startswith("_") or qualified in OTHERS
    return qualified if stays else f"{outer}{last}"
