"""What to do about failures that all kinds of stores have, in the same words for each."""

AGAIN = "look at the store itself, then run the same command again; nothing was lost"
MAKE_ROOM = "free some room or raise the quota, then run the same command again"
