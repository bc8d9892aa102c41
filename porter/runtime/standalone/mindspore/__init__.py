"""PyTorch's contracts, over MindSpore."""
