"""Classes of the tree: which of them change sides, and what that asks of their bodies."""
