"""Imports of the source framework that stay and can wait until something is used of it."""
