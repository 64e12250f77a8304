"""`codekiln eval humaneval`, `infilling`, `fix` and `bits`: a model by what it writes and foresees."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from codekiln.cli.evaluation import show_results
from codekiln.cli.options import Json, Model, Work
from codekiln.cli.terminal import progress_bars

if TYPE_CHECKING:
    from codekiln.evaluate.programs.broken import Broken
    from codekiln.evaluate.programs.problem import ProblemSet, Solver
    from codekiln.sandbox import Sandbox

LOOP = 0.8  # temperature of the repair loop's tries, where none is set: they are to differ

Tasks = Annotated[
    int | None,
    typer.Option(min=1, help="A quick look: so many problems, evenly spread; default: all."),
]
Samples = Annotated[int, typer.Option(min=1, help="Answers to each problem, for pass@k.")]
Temperature = Annotated[float, typer.Option(min=0.0, help="0 takes the likeliest token.")]
MaxTokens = Annotated[int, typer.Option(min=1, help="Most tokens of an answer.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the first answer to each problem.")]
Unsafe = Annotated[
    bool,
    typer.Option("--unsafe-no-sandbox", help="Run what the model writes without a sandbox."),
]


def humaneval(
    model: Model = Path("starter"),
    prompt: Annotated[
        Literal["raw", "chat", "both"] | None,
        typer.Option(
            "--prompt", help="How it is asked; default: both, if it came with a chat template."
        ),
    ] = None,
    samples: Samples = 1,
    temperature: Temperature = 0.0,
    tasks: Tasks = None,
    max_tokens: MaxTokens = 300,
    seed: Seed = 0,
    unsafe: Unsafe = False,
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Write the bodies of HumanEval's functions and run their tests: pass@k."""
    from codekiln.artifact import open_artifact, open_work
    from codekiln.evaluate.programs.functions import humaneval as read
    from codekiln.evaluate.programs.solvers import FORMS, BodyWriter
    from codekiln.evaluate.programs.stage import ProgramsConfig, evaluate
    from codekiln.evaluate.programs.writer import Settings, Writer
    from codekiln.generate.loading import load_engine, model_folder
    from codekiln.tasks.chat import knows_chat
    from codekiln.tokenizer import Tokenizer

    settings = Settings(samples, temperature, max_tokens, seed)
    sandbox = _sandbox(unsafe)
    open_work(work)
    owner = open_artifact(model_folder(model), "model")
    tokenizer = Tokenizer.load(owner.path)
    forms = (
        FORMS
        if prompt == "both" or (prompt is None and knows_chat(tokenizer))
        else (prompt or "raw",)
    )
    with progress_bars():
        writer = Writer(load_engine(model), tokenizer, settings)
        solvers = [BodyWriter(writer, form) for form in forms]
        config = ProgramsConfig(tuple(solver.name for solver in solvers), settings, tasks)
        made = evaluate(read(), solvers, sandbox, owner, config, work)
    show_results(made, as_json)


def infilling(
    data: Annotated[
        Path,
        typer.Option(help="HumanEval-SingleLineInfilling.jsonl.gz, or that of several lines."),
    ],
    model: Model = Path("starter"),
    samples: Samples = 1,
    temperature: Temperature = 0.0,
    tasks: Tasks = None,
    max_tokens: MaxTokens = 128,
    seed: Seed = 0,
    unsafe: Unsafe = False,
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Write the lines that were taken out of HumanEval's solutions: tests passed, and exact lines.

    The model is measured alone: unlike in an editor, the open file is not mixed in.
    """
    from codekiln.artifact import open_artifact, open_work
    from codekiln.evaluate.programs.functions import infilling as read
    from codekiln.evaluate.programs.solvers import GapFiller
    from codekiln.evaluate.programs.stage import ProgramsConfig, evaluate
    from codekiln.evaluate.programs.writer import Settings
    from codekiln.generate.engine_completer import EngineCompleter
    from codekiln.generate.loading import load_engine, model_folder
    from codekiln.inputs.formats import prompt_order
    from codekiln.tokenizer import Tokenizer

    settings = Settings(samples, temperature, max_tokens, seed)
    problems = read(data)
    sandbox = _sandbox(unsafe)
    open_work(work)
    owner = open_artifact(model_folder(model), "model")
    with progress_bars():
        tokenizer = Tokenizer.load(owner.path)
        fills = prompt_order(tokenizer) is not None
        solver = GapFiller(EngineCompleter(load_engine(model), tokenizer), fills, settings)
        config = ProgramsConfig((solver.name,), settings, tasks)
        made = evaluate(problems, [solver], sandbox, owner, config, work)
    show_results(made, as_json)


def fix(
    examples: Annotated[
        Path | None,
        typer.Argument(help="Held-out bugs, as 'tasks build' printed; default: thirty of our own."),
    ] = None,
    model: Model = Path("starter"),
    prompt: Annotated[
        Literal["raw", "example", "both"],
        typer.Option(help="How it is asked: plainly, or shown one worked example first."),
    ] = "both",
    samples: Samples = 1,
    temperature: Temperature = 0.0,
    tries: Annotated[
        int, typer.Option(min=0, help="Tries of the repair loop; 0 leaves it out.")
    ] = 8,
    tasks: Tasks = None,
    max_tokens: MaxTokens = 160,
    seed: Seed = 0,
    unsafe: Unsafe = False,
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Mend programs by patches and run their tests: the fix rate by kind of bug, beside two baselines."""
    from dataclasses import replace

    from codekiln.apps.repair import RepairLoop
    from codekiln.artifact import open_artifact, open_work
    from codekiln.evaluate.programs.mending import CopyInput, DeleteLine, PatchWriter
    from codekiln.evaluate.programs.stage import ProgramsConfig, evaluate
    from codekiln.evaluate.programs.writer import Settings, Writer
    from codekiln.generate.loading import load_engine, model_folder
    from codekiln.tokenizer import Tokenizer

    settings = Settings(samples, temperature, max_tokens, seed)
    sandbox = _sandbox(unsafe)
    open_work(work)
    owner = open_artifact(model_folder(model), "model")
    with progress_bars():
        bugs = _bugs(examples, sandbox)
        writer = Writer(load_engine(model), Tokenizer.load(owner.path), settings)
        drawn = replace(writer, settings=replace(settings, temperature=temperature or LOOP))
        shows = {"raw": [False], "example": [True], "both": [False, True]}[prompt]
        solvers: list[Solver[Broken]] = [CopyInput(), DeleteLine()]
        solvers += [PatchWriter(writer, each) for each in shows]
        if tries:
            solvers += [RepairLoop(PatchWriter(drawn, each), sandbox, tries) for each in shows]
        config = ProgramsConfig(tuple(solver.name for solver in solvers), settings, tasks)
        made = evaluate(bugs, solvers, sandbox, owner, config, work)
    show_results(made, as_json)


def bits(
    folders: Annotated[list[Path], typer.Argument(help="Folders of code that was not trained on.")],
    model: Model = Path("starter"),
    tasks: Annotated[
        int | None,
        typer.Option(min=1, help="A quick look: so many files, evenly spread; default: all."),
    ] = None,
    context: Annotated[int, typer.Option(min=16, help="Most tokens read at once.")] = 1024,
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Say how well a model predicts code, in bits per byte, by language."""
    from codekiln.artifact import open_artifact, open_work
    from codekiln.evaluate.bits import BitsConfig, code_in, evaluate_bits
    from codekiln.generate.loading import model_folder

    open_work(work)
    owner = open_artifact(model_folder(model), "model")
    with progress_bars():
        made = evaluate_bits(code_in(folders), owner, BitsConfig(tasks, context), work)
    show_results(made, as_json)


def _bugs(examples: Path | None, sandbox: "Sandbox") -> "ProblemSet[Broken]":
    if examples is None:
        from codekiln.evaluate.programs.broken import own_programs

        return own_programs(sandbox)
    from codekiln.artifact import open_artifact
    from codekiln.evaluate.programs.injected import injected_bugs

    return injected_bugs(open_artifact(examples, "tasks"), sandbox)


def _sandbox(unsafe: bool) -> "Sandbox":
    """Found before anything is written: without one nothing could be judged."""
    from codekiln.sandbox import Sandbox

    return Sandbox.unsafe() if unsafe else Sandbox.find()
