"""The repository on disk: its layout, its documents, and the rules by which they are written and read."""
