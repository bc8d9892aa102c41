"""What is changed in place: statements, calls and layers."""
