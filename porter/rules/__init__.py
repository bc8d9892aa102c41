"""The rules: data of the top-level `rules/` folder, typed and validated."""
