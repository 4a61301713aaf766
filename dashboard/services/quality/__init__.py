"""What care costs, how good it is, and whether a difference is the hospital or its patients."""
