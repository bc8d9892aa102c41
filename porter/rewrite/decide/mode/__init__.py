"""The mode of training and evaluation: what is built, where it goes, and whether it has one."""
