# mypy: allow-subclassing-any
"""InstanceNorm for PyTorch: a faster torch.nn.functional.instance_norm, and layers with MindSpore's contract.

The contract: gamma_init, beta_init, affine on by default. On the CPU the kernel does the work where it was compiled.
"""

from torch import Tensor, nn

from porter.runtime.kernel.torch import instance_norm
from porter.runtime.standalone.torch import instance_norm as standard

__all__ = ["InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "instance_norm"]


class _KernelInstanceNorm(nn.modules.instancenorm._InstanceNorm):
    """Any of torch's layers, by the kernel."""

    def _apply_instance_norm(self, input: Tensor) -> Tensor:
        return instance_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum if self.momentum is not None else 0.0,
            self.eps,
        )


class InstanceNorm1d(_KernelInstanceNorm, standard.InstanceNorm1d):
    """mindspore.nn.InstanceNorm1d: input (N, C, L)."""


class InstanceNorm2d(_KernelInstanceNorm, standard.InstanceNorm2d):
    """mindspore.nn.InstanceNorm2d: input (N, C, H, W)."""


class InstanceNorm3d(_KernelInstanceNorm, standard.InstanceNorm3d):
    """mindspore.nn.InstanceNorm3d: input (N, C, D, H, W)."""
