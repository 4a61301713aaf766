"""Where beds, people and equipment are, and whether that is fair."""
