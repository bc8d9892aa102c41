"""MindSpore's contracts, over PyTorch."""
