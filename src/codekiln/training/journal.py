"""Where the rows of a run are written down: in its metrics and, if wanted, for TensorBoard."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from codekiln.errors import MissingExtraError
from codekiln.telemetry import Metrics

METRICS, BOARD = "metrics.jsonl", "tensorboard"
SCALARS = ("loss", "held_out_loss", "gradient_norm", "rate_scale", "skipped")

Row = dict[str, float | None]
Write = Callable[[Row], None]


@contextmanager
def journal(out: Path, step: int, *, tensorboard: bool) -> Iterator[Write]:
    """What a row is given to; those after `step`, at which the run resumes, are cut off.

    Raises:
        MissingExtraError: TensorBoard is wanted and not installed.
    """
    metrics = Metrics(out / METRICS, keep=lambda row: row["step"] <= step)
    board = _board(out / BOARD, step) if tensorboard else nullcontext(lambda _: None)
    with closing(metrics), board as chart:

        def write(row: Row) -> None:
            metrics.write(row)
            chart(row)

        yield write


@contextmanager
def _board(folder: Path, step: int) -> Iterator[Write]:
    """Each figure as a scalar over the steps; files are renamed, for they are called by the machine."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise MissingExtraError("tensorboard", "The setting model.tensorboard") from None

    _number(folder)
    writer = SummaryWriter(str(folder), purge_step=step + 1)

    def write(row: Row) -> None:
        for name in SCALARS:
            value = row.get(name)
            if value is not None:
                writer.add_scalar(name, value, int(row["step"] or 0))

    try:
        yield write
    finally:
        writer.close()
        _number(folder)


def _number(folder: Path) -> None:
    """Name the event files in their order, those of runs that were killed too."""
    for number, path in enumerate(sorted(folder.glob("*tfevents*"))):
        path.rename(folder / f"events.out.tfevents.{number:06d}")
