"""Removing PITs that nobody needs: which ones, the flags that announce it, and what then can go."""
