"""Reading: the files of a tree, their text, their scopes and what each name in them stands for."""
