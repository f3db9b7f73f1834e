"""Jobs by which people look after a repository: verify, prune, hold, and compare two PITs."""
