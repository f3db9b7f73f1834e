"""What a backup, a restore, a check or a prune would take: files, bytes, requests; and what that costs and lasts.

Nothing is copied and nothing is written. Each estimate stands on the plan that the operation itself would make.
"""

from bcn_core.estimate.backups import estimate_backup, imagined
from bcn_core.estimate.checks import estimate_verify
from bcn_core.estimate.estimates import Estimate, Moved
from bcn_core.estimate.prices import Costs, Pace, costs_of
from bcn_core.estimate.prunes import estimate_prune
from bcn_core.estimate.requests import Requests
from bcn_core.estimate.restores import estimate_restore

__all__ = [
    "Costs",
    "Estimate",
    "Moved",
    "Pace",
    "Requests",
    "costs_of",
    "estimate_backup",
    "estimate_prune",
    "estimate_restore",
    "estimate_verify",
    "imagined",
]
