"""InstanceNorm for PyTorch with MindSpore's contract: gamma_init, beta_init, affine on by default."""

from porter.runtime.standalone.torch.instance_norm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d

__all__ = ["InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]
