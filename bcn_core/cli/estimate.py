"""``bcn estimate``: what an operation would cost and take. It reads, and writes nothing."""

from typing import Unpack

import click

from bcn_core.backup import Backup
from bcn_core.catalogs.catalog import Catalog
from bcn_core.cli.estimate_result import EstimateDocument, PaceOptions, pace_options, show
from bcn_core.cli.examples import examples
from bcn_core.cli.manner import Manner
from bcn_core.cli.opening import Place, open_place
from bcn_core.cli.options import ScopeOptions, json_option, place_options, scope_options
from bcn_core.cli.progress import reporting
from bcn_core.cli.prune import RuleOptions, rule_options, rules_of
from bcn_core.cli.reading import ReadOptions, level_of, read_options
from bcn_core.cli.restore import RequestOptions, request_of, request_options, target_of
from bcn_core.cli.scope import both_ends
from bcn_core.estimate import estimate_backup, estimate_prune, estimate_restore, estimate_verify, imagined
from bcn_core.events import Report
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.restore import Restore


class BackupOptions(ScopeOptions, PaceOptions):
    """What ``bcn estimate backup`` takes."""


class RestoreOptions(RequestOptions, PaceOptions):
    """What ``bcn estimate restore`` takes."""


class VerifyOptions(PaceOptions, ReadOptions):
    """What ``bcn estimate verify`` takes."""


class PruneOptions(RuleOptions, PaceOptions):
    """What ``bcn estimate prune`` takes."""


@click.group("estimate")
def group() -> None:
    """Tell what a backup, restore, check or prune would cost and take: files, bytes, requests, money, time.

    Nothing is copied and nothing is written. Prices are those of [prices] in bcn.toml, else the list prices of Amazon
    S3 Standard in us-east-1.
    """


@group.command(
    "backup",
    epilog=examples(
        "bcn estimate backup",
        "bcn estimate backup --repo s3://backups/shop --catalog shop",
    ),
)
@place_options
@scope_options
@pace_options
@json_option(EstimateDocument)
@click.pass_obj
def backup_command(manner: Manner, **given: Unpack[BackupOptions]) -> None:
    """Tell what the next backup would take.

    The catalog is swept and the metadata of changed tables is read, as a backup does it. A repository that is not
    there yet needs --catalog.
    """
    place = open_place(given)
    with reporting(manner, place.stores) as report:
        hint = "for an estimate of the first backup say of what: --catalog NAME; or check --repo"
        repository, catalog, is_made = both_ends(place, given, imagined, hint)
        backup = _backup(place, repository, catalog, report)
        found = estimate_backup(backup, is_made=is_made)
    show(manner, place, given, found, place.settings.backup)


def _backup(place: Place, repository: Repository, catalog: Catalog, report: Report) -> Backup:
    settings = place.settings.backup
    return Backup(
        repository,
        catalog,
        place.stores,
        this_process("bcn estimate"),
        report,
        tables_at_once=settings.tables_at_once,
        files_at_once=settings.files_at_once,
        within=settings.within,
    )


@group.command(
    "restore",
    epilog=examples(
        "bcn estimate restore --table sales.orders --target-database check",
    ),
)
@place_options
@request_options
@pace_options
@json_option(EstimateDocument)
@click.pass_obj
def restore_command(manner: Manner, **given: Unpack[RestoreOptions]) -> None:
    """Tell what a restore would take, by its own plan.

    A restore that would be refused is refused here as well.
    """
    place = open_place(given)
    repository = place.repository()
    target = target_of(place, repository, given)
    settings = place.settings.restore
    with reporting(manner, place.stores) as report:
        restore = Restore(
            repository, target, place.stores, report, settings.tables_at_once, settings.files_at_once
        )
        found = estimate_restore(restore, request_of(given))
    show(manner, place, given, found, settings)


@group.command(
    "verify",
    epilog=examples(
        "bcn estimate verify --read-all --egress",
    ),
)
@place_options
@read_options
@pace_options
@json_option(EstimateDocument)
@click.pass_obj
def verify_command(manner: Manner, **given: Unpack[VerifyOptions]) -> None:
    """Tell what a check of the repository would take.

    The repository's lists of files are read, none of the files.
    """
    level = level_of(given)
    place = open_place(given)
    show(manner, place, given, estimate_verify(place.repository(), level))


@group.command(
    "prune",
    epilog=examples(
        "bcn estimate prune --keep-last 30",
    ),
)
@place_options
@rule_options
@pace_options
@json_option(EstimateDocument)
@click.pass_obj
def prune_command(manner: Manner, **given: Unpack[PruneOptions]) -> None:
    """Tell what bcn prune --apply would take now, and free in the end."""
    place = open_place(given)
    found = estimate_prune(place.repository(), rules_of(given, place.settings.retention))
    show(manner, place, given, found)
