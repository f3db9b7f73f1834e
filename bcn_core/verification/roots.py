"""What no other document's digest covers: the repository manifest, the PIT manifests and their chain, plans, views."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from bcn_core.errors import BcnError, ObjectMissing
from bcn_core.references import References
from bcn_core.repository import layout as keys
from bcn_core.repository.documents import RepositoryManifest
from bcn_core.repository.encoding import sha256
from bcn_core.repository.flags import condemned
from bcn_core.repository.repository import Repository
from bcn_core.verification.faults import Faults, Original
from bcn_core.views import all_views


def check_roots(found: References, faults: Faults) -> Iterator[str]:
    """Look at the manifests; gives notes on what could not be looked at."""
    _check_chain(found, faults)
    _check_vanished(found.repository, found, faults)
    _check_repository(found, faults)
    yield from _check_versions(found.repository, faults)


def check_plans(found: References, faults: Faults) -> None:
    """Plans of PITs that exist decide nothing any more; yet a changed one says that somebody is at work there."""
    for pit, manifest in found.manifests.items():
        key = found.repository.layout.plan(pit)
        try:
            same = manifest.plan_sha256 in (None, sha256(found.repository.store.get(key)))
            problem = "" if same else "is not what was written: its SHA-256 differs"
        except ObjectMissing:
            problem = "is missing"
        if problem:
            faults.add(key, problem, (), original=Original(manifest.plan_sha256 or ""))


def stale_views(found: References) -> Iterator[str]:
    """Views that do not show what the PITs say. They decide nothing, so that they are notes and no faults."""
    try:
        for key, data in all_views(found):
            try:
                held = found.repository.store.get(key)
            except ObjectMissing:
                yield f"the view {key} is missing: bcn repair writes it"
                continue
            if held != data:
                yield f"the view {key} is not what the PITs say: bcn repair writes it anew"
    except BcnError as error:
        yield f"views could not be looked at: {error.message}"


def _check_chain(found: References, faults: Faults) -> None:
    """Each PIT holds its parent's SHA-256, so that a PIT that was exchanged as a whole is found too."""
    for pit, manifest in found.manifests.items():
        parent = manifest.parent_pit
        if parent is None or parent.pit not in found.manifests:
            continue
        if found.digests[parent.pit] != parent.sha256:
            key = found.repository.layout.pit_manifest(parent.pit)
            faults.add(
                key,
                f"is not the manifest that PIT {pit} was made on",
                (parent.pit,),
                original=Original(parent.sha256),
            )


def _check_vanished(repository: Repository, found: References, faults: Faults) -> None:
    """A PIT whose plan is there, and on which another stands, existed: prune would have taken the plan along."""
    begun = set(repository.unfinished()) - condemned(repository.store)
    for pit, manifest in found.manifests.items():
        parent = manifest.parent_pit
        if parent is not None and parent.pit in begun:
            key = repository.layout.pit_manifest(parent.pit)
            problem = f"is missing, though PIT {pit} was made on it"
            faults.add(key, problem, (parent.pit,), original=Original(parent.sha256))
    last = _root(repository).get("last_pit")
    if isinstance(last, str) and found.manifests and last > max(found.manifests) and last in begun:
        faults.add(repository.layout.pit_manifest(last), "is missing, though it was the newest PIT", (last,))


def _check_repository(found: References, faults: Faults) -> None:
    """The repository manifest against what the newest PIT remembers of it."""
    if not found.manifests:
        return
    remembered = found.manifests[max(found.manifests)].repository
    held = found.repository.manifest.model_copy(update={"last_pit": None})
    if remembered is not None and remembered != held:
        changed = ", ".join(_differences(remembered, held))
        problem = f"is not what the newest PIT remembers: {changed} differ"
        faults.add(keys.REPOSITORY_MANIFEST, problem, ())


def _differences(one: RepositoryManifest, other: RepositoryManifest) -> list[str]:
    return [name for name in RepositoryManifest.model_fields if getattr(one, name) != getattr(other, name)]


def _check_versions(repository: Repository, faults: Faults) -> Iterator[str]:
    """A PIT manifest is written once. In a bucket that keeps versions, a second one is somebody else's work.

    An object lock does not hinder it: the first version stays, and the second one is what readers get.
    """
    try:
        written = Counter(
            one.key
            for one in repository.store.versions(repository.layout.pits)
            if one.key.endswith("/manifest.json")
        )
    except BcnError as error:
        yield f"versions of manifests could not be listed: {error.message}"
        return
    for key, count in written.items():
        if count > 1:
            pit = keys.folder_of(key).rpartition("/")[2]
            faults.add(key, f"has {count} versions, though a manifest is written once", (pit,))


def _root(repository: Repository) -> dict[str, Any]:
    """The repository manifest as it lies there; nothing when it cannot be read, as while it is repaired."""
    try:
        return dict(json.loads(repository.store.get(keys.REPOSITORY_MANIFEST)))
    except (BcnError, ValueError, TypeError):
        return {}
