"""Calls of the framework's names: what becomes of their arguments."""
