"""InstanceNorm on either framework, and its float64 reference. Import the module of the framework that you use."""
