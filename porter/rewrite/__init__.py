"""Deciding and editing: a site and a rule give an edit, a finding, or both. No file is touched, nothing is printed."""
