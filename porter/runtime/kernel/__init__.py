"""InstanceNorm in C++ for the CPU: one library for numpy, PyTorch and MindSpore.

Import the module of the array that you have: `numpy`, `torch` or `mindspore`. `loader.available()` says whether the
library was compiled when porter was installed; PORTER_KERNEL=0 switches it off, PORTER_KERNEL_ISA (baseline, avx2,
avx512) keeps it from using wider instructions than that.
"""
