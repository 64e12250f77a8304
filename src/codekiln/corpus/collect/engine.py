"""The engine that cleans batches of files: Daft, in this process and its workers or on Ray.

A user-defined function that raises would end the whole query, so ours gives its error back as a
value; and a file that brings its worker down is found (`guard.py`) and put into quarantine.
"""

import logging
import os
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import Any, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc

from codekiln.corpus.cleaning import Cleaner
from codekiln.corpus.collect.guard import MEMORY, PATIENCE, Guard, Watch
from codekiln.corpus.collect.worker import FILES, OUTCOMES, clean_batch, lost
from codekiln.device import core_count
from codekiln.errors import CorpusError, MissingExtraError

Runner = Literal["native", "ray"]
RUNNERS: tuple[Runner, ...] = get_args(Runner)

BATCH = 64  # files a call of the function
SMALL = 4_000_000  # bytes that are cleaned sooner than worker processes start
HARMLESS = 4096  # bytes of a file that no parser can make more than seconds of
ROUND = 64_000_000  # bytes a round for each worker; the whole round is held in memory
QUIET = {"DO_NOT_TRACK": "1", "DAFT_PROGRESS_BAR": "0", "RAY_USAGE_STATS_ENABLED": "0"}


class Engine:
    """Cleans tables of files with one `Cleaner`, by the runner that the user chose."""

    def __init__(self, cleaner: Cleaner, runner: Runner = "native") -> None:
        """Start the runner; Ray is the cluster at RAY_ADDRESS, or a local one if there is none.

        Raises:
            MissingExtraError: Ray is wanted and not installed.
        """
        self._cleaner, self._runner = cleaner, runner
        self._daft = _started(runner)
        self._workers = _ray_cpus() if runner == "ray" else core_count()

    @property
    def round_bytes(self) -> int:
        """How much content to hand over at once, so that every worker has something to do."""
        return ROUND * self._workers

    def clean(self, files: pa.Table) -> pa.Table:
        """The outcomes of some files (`worker.FILES` to `worker.OUTCOMES`), sorted by place.

        Raises:
            CorpusError: no worker can be made to work at all.
        """
        if not files.num_rows:
            return OUTCOMES.empty_table()
        with TemporaryDirectory(prefix="codekiln-", ignore_cleanup_errors=True) as notes:
            guard = Guard("" if self._runner == "ray" else notes, PATIENCE, MEMORY)
            alone = self._runner == "native" and _harmless(files)
            try:
                outcomes = self._query(files, None if alone else guard)
            except Exception as error:
                self._probe(error, guard)
                save = self._tried if alone else partial(self._saved, error=error)
                outcomes = save(files, guard)
        return outcomes.sort_by("place")

    def _probe(self, error: Exception, guard: Guard) -> None:
        """See whether a worker can do anything at all."""
        empty = {"place": 0, "path": "", "content": b"", "licence": "", "licence_from": "none"}
        try:
            self._query(pa.Table.from_pylist([empty], FILES), guard)
        except Exception:
            raise CorpusError(
                f"The data engine cannot run ({str(error)[:200]}): check the installation with "
                "'codekiln doctor', then run the same command again."
            ) from error

    def _tried(self, files: pa.Table, guard: Guard) -> pa.Table:
        try:
            return self._query(files, guard)
        except Exception as error:
            return self._saved(files, guard, error)

    def _saved(self, files: pa.Table, guard: Guard, error: Exception) -> pa.Table:
        """The outcomes of files of which one, at least, brought its worker down."""
        if files.num_rows == 1:
            size = len(files["content"][0].as_py())
            return lost(files["place"][0].as_py(), size, f"its worker died: {error}")
        parts = _parts(files, guard.suspects())
        return pa.concat_tables([self._tried(part, guard) for part in parts])

    def _query(self, files: pa.Table, guard: Guard | None) -> pa.Table:
        """One query of Daft: in processes that a guard watches, or in this one."""
        daft = self._daft
        worker = _worker(daft, self._workers, apart=guard is not None)(self._cleaner, guard)
        frame = daft.from_arrow(files)
        if guard:
            pieces = max(1, min(4 * self._workers, files.num_rows // BATCH))
            frame = (
                frame.into_partitions(pieces)
                if self._runner == "ray"
                else frame.into_batches(BATCH)
            )
        outcome = worker.clean(*(daft.col(name) for name in FILES.names))
        answer = frame.select(outcome.alias("outcome")).to_arrow()["outcome"].combine_chunks()
        return pa.Table.from_struct_array(answer).cast(OUTCOMES)


def _parts(files: pa.Table, places: list[int]) -> list[pa.Table]:
    """Each of the files that workers were at when they died, and the rest; two halves if unknown."""
    suspected = pc.is_in(files["place"], pa.array(places, pa.int64()))
    suspects, rest = files.filter(suspected), files.filter(pc.invert(suspected))
    if suspects.num_rows and rest.num_rows:
        return [*(suspects.slice(row, 1) for row in range(suspects.num_rows)), rest]
    middle = files.num_rows // 2
    return [files[:middle], files[middle:]]


def _harmless(files: pa.Table) -> bool:
    """Whether there is little to do, and no file large enough to do harm in this process."""
    longest = pc.max(pc.binary_length(files["content"])).as_py()
    return bool(files["content"].nbytes <= SMALL and longest <= HARMLESS)


def _worker(daft: Any, workers: int, *, apart: bool) -> Any:
    """Daft's wrapping of `clean_batch`: in processes of its own, or in this one."""
    outcome = daft.DataType.from_arrow_type(pa.struct(list(OUTCOMES)))
    processes = (
        {"use_process": True, "max_concurrency": workers} if apart else {"use_process": False}
    )

    @daft.cls(**processes)
    class Worker:
        def __init__(self, cleaner: Cleaner, guard: Guard | None) -> None:
            self.cleaner = cleaner
            self.watch = Watch(guard) if guard else None

        @daft.method.batch(return_dtype=outcome, batch_size=BATCH)  # type: ignore[untyped-decorator]
        def clean(self, *columns: Any) -> Any:
            arrays = [column.to_arrow() for column in columns]
            files = pa.Table.from_arrays(arrays, names=FILES.names).cast(FILES)
            if not self.watch:
                return clean_batch(self.cleaner, files).to_struct_array().combine_chunks()
            with self.watch.batch():
                outcomes = clean_batch(self.cleaner, files, self.watch.at)
            return outcomes.to_struct_array().combine_chunks()

    return Worker


def _started(runner: Runner) -> Any:
    if runner == "ray" and find_spec("ray") is None:
        raise MissingExtraError("ray", "Building a corpus on Ray")
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    # Untold, Daft imports Ray, where that is installed, to see whether a cluster is there.
    os.environ.setdefault("DAFT_RUNNER", runner)
    import daft

    if runner == "ray":
        import ray

        if not ray.is_initialized():
            ray.init(include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
        daft.set_runner_ray(noop_if_initialized=True)
    return daft


def _ray_cpus() -> int:
    import ray

    resources: Mapping[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return max(1, int(resources.get("CPU", 1)))
