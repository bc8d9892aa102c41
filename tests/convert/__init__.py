"""Tests of the converter: every fixture is a test, and what must hold of all of them is asserted once."""
