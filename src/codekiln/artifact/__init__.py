"""The only room that knows the disk layout: manifests, fingerprints, atomic creation.

An artifact is a folder `<work>/<stage>/<name>-<fingerprint8>/` that one stage built. It is written
beside itself as `….partial`, its `manifest.json` goes in last, and one rename makes it whole; so a
folder without that suffix is complete, and what a killed stage left is where its next run resumes.
"""

from codekiln.artifact.building import Building, Stage, fingerprint, produce
from codekiln.artifact.files import (
    BESIDE,
    DISK_ERRNOS,
    describe,
    discard,
    disk_errors,
    write_atomically,
)
from codekiln.artifact.finished import (
    Artifact,
    Statistics,
    find_artifact,
    is_artifact,
    open_artifact,
)
from codekiln.artifact.sealed import read_sealed, write_sealed
from codekiln.artifact.work import open_work

__all__ = [
    "BESIDE",
    "DISK_ERRNOS",
    "Artifact",
    "Building",
    "Stage",
    "Statistics",
    "describe",
    "discard",
    "disk_errors",
    "find_artifact",
    "fingerprint",
    "is_artifact",
    "open_artifact",
    "open_work",
    "produce",
    "read_sealed",
    "write_atomically",
    "write_sealed",
]
