"""`codekiln eval humaneval`, `infilling` and `fix`: what a model writes is run, in the sandbox."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from codekiln.cli.evaluation import show_results
from codekiln.cli.options import Json, Model, Work
from codekiln.cli.terminal import progress_bars

if TYPE_CHECKING:
    from codekiln.sandbox import Sandbox

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
        typer.Option("--prompt", help="How it is asked; default: both, if it came with a chat template."),
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
    from codekiln.evaluate.functions.grading import grader
    from codekiln.evaluate.functions.problems import humaneval as read
    from codekiln.evaluate.functions.solvers import FORMS, BodyWriter, Settings, Writer
    from codekiln.evaluate.functions.stage import FunctionsConfig, evaluate
    from codekiln.generate.loading import load_engine, model_folder
    from codekiln.tasks.chat import knows_chat
    from codekiln.tokenizer import Tokenizer

    settings = Settings(samples, temperature, max_tokens, seed)
    sandbox = _sandbox(unsafe)
    open_work(work)
    owner = open_artifact(model_folder(model), "model")
    tokenizer = Tokenizer.load(owner.path)
    forms = FORMS if prompt == "both" or (prompt is None and knows_chat(tokenizer)) else (prompt or "raw",)
    with progress_bars():
        writer = Writer(load_engine(model), tokenizer, settings)
        solvers = [BodyWriter(writer, form) for form in forms]
        config = FunctionsConfig(tuple(solver.name for solver in solvers), settings, tasks)
        made = evaluate(read(), solvers, grader(sandbox), owner, config, work)
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
    """Write the lines that were taken out of HumanEval's solutions: tests passed, and exact lines."""
    from codekiln.artifact import open_artifact, open_work
    from codekiln.evaluate.functions.grading import grader
    from codekiln.evaluate.functions.problems import infilling as read
    from codekiln.evaluate.functions.solvers import GapFiller, Settings
    from codekiln.evaluate.functions.stage import FunctionsConfig, evaluate
    from codekiln.generate.loading import load_completer, model_folder
    from codekiln.inputs.formats import prompt_order

    settings = Settings(samples, temperature, max_tokens, seed)
    problems = read(data)
    sandbox = _sandbox(unsafe)
    open_work(work)
    owner = open_artifact(model_folder(model), "model")
    with progress_bars():
        completer = load_completer(model)
        fills = prompt_order(completer.tokenizer) is not None
        solver = GapFiller(completer, fills, settings)
        config = FunctionsConfig((solver.name,), settings, tasks)
        made = evaluate(problems, [solver], grader(sandbox), owner, config, work)
    show_results(made, as_json)


def _sandbox(unsafe: bool) -> "Sandbox":
    """Found before anything is written: without one nothing could be judged."""
    from codekiln.sandbox import Sandbox

    return Sandbox.unsafe() if unsafe else Sandbox.find()
