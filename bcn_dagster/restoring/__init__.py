"""The restore job: the command's options as typed config, a dry run unless it is asked for more."""
