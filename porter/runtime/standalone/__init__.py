"""Modules that stand by themselves: `porter convert` copies definitions from their text, without importing them."""
