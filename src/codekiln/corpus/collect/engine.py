"""The engine that cleans batches of files: Daft, in this process and its workers or on Ray.

A user-defined function that raises would end the whole query, so ours gives its error back as a
value; and a file that brings its worker down is found by halving the batch, and put into quarantine.
"""

import logging
import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Literal, get_args

import pyarrow as pa

from codekiln.corpus.cleaning import Cleaner
from codekiln.corpus.collect.worker import FILES, OUTCOMES, clean_batch, lost
from codekiln.errors import CorpusError, MissingExtraError

Runner = Literal["native", "ray"]
RUNNERS: tuple[Runner, ...] = get_args(Runner)

BATCH = 64  # files a call of the function
SMALL = 4_000_000  # bytes that are cleaned sooner than worker processes start
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
        self._workers = _ray_cpus() if runner == "ray" else len(os.sched_getaffinity(0))

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
        alone = self._runner == "native" and files["content"].nbytes <= SMALL
        try:
            return self._query(files, apart=not alone)
        except Exception as error:
            self._probe(error)
            return self._halved(files)

    def _probe(self, error: Exception) -> None:
        """See whether a worker can do anything at all."""
        empty = {"place": 0, "path": "", "content": b"", "licence": "", "licence_from": "none"}
        try:
            self._query(pa.Table.from_pylist([empty], FILES), apart=True)
        except Exception:
            raise CorpusError(
                f"The data engine cannot run ({str(error)[:200]}): check the installation with "
                "'codekiln doctor', then run the same command again."
            ) from error

    def _halved(self, files: pa.Table) -> pa.Table:
        """The outcomes of files among which one, at least, brings its worker down."""
        try:
            return self._query(files, apart=True)
        except Exception as error:
            if files.num_rows == 1:
                size = len(files["content"][0].as_py())
                return lost(files["place"][0].as_py(), size, f"its worker died: {error}")
        middle = files.num_rows // 2
        return pa.concat_tables([self._halved(files[:middle]), self._halved(files[middle:])])

    def _query(self, files: pa.Table, *, apart: bool) -> pa.Table:
        daft = self._daft
        worker = _worker(daft, apart, self._workers)(self._cleaner)
        frame = daft.from_arrow(files)
        if apart:
            pieces = max(1, min(4 * self._workers, files.num_rows // BATCH))
            frame = (
                frame.into_partitions(pieces)
                if self._runner == "ray"
                else frame.into_batches(BATCH)
            )
        outcome = worker.clean(*(daft.col(name) for name in FILES.names))
        answer = frame.select(outcome.alias("outcome")).to_arrow()["outcome"].combine_chunks()
        table = pa.Table.from_struct_array(answer).cast(OUTCOMES)
        return table.sort_by("place")


def _worker(daft: Any, apart: bool, workers: int) -> Any:
    """Daft's wrapping of `clean_batch`: in processes of its own, or in this one."""
    outcome = daft.DataType.from_arrow_type(pa.struct(list(OUTCOMES)))
    processes = (
        {"use_process": True, "max_concurrency": workers} if apart else {"use_process": False}
    )

    @daft.cls(**processes)
    class Worker:
        def __init__(self, cleaner: Cleaner) -> None:
            self.cleaner = cleaner

        @daft.method.batch(return_dtype=outcome, batch_size=BATCH)  # type: ignore[untyped-decorator]
        def clean(self, *columns: Any) -> Any:
            arrays = [column.to_arrow() for column in columns]
            files = pa.Table.from_arrays(arrays, names=FILES.names).cast(FILES)
            return clean_batch(self.cleaner, files).to_struct_array().combine_chunks()

    return Worker


def _started(runner: Runner) -> Any:
    if runner == "ray" and find_spec("ray") is None:
        raise MissingExtraError("ray", "Building a corpus on Ray")
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
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
