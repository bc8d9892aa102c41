"""Members of objects: attributes, methods, and what is looked up by a text."""
