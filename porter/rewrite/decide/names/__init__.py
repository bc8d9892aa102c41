"""The names of the framework: where they are read, brought in, handed on and spelled out in texts."""
