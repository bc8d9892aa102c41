"""porter rewrites PyTorch source for MindSpore, and back, and proves what it wrote by numbers."""

__version__ = "0.1.0"
