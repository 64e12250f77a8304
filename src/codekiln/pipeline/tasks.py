"""From a recipe to examples of the tasks: its corpus is found or built, then mined."""

from pathlib import Path

from codekiln.artifact import Artifact, describe, open_work, produce
from codekiln.corpus import Runner, build_corpus
from codekiln.errors import SandboxError
from codekiln.pipeline.recipe import TasksRecipe
from codekiln.sandbox import Sandbox
from codekiln.sandbox.sandbox import UNSAFE
from codekiln.tasks.fix.compilers import installed
from codekiln.tasks.fix.sandboxed import sandboxed
from codekiln.tasks.stage import TasksConfig, stage_of


def build_tasks(
    recipe: TasksRecipe, owner: Artifact, work: Path, runner: Runner = "native"
) -> Artifact:
    """The examples of a recipe; `owner` is a model, by whose tokens other files' text is measured.

    Raises:
        SandboxError: bugs are wanted, and there is no sandbox to run them in.
        CodekilnError: whatever a stage found wrong; what is finished stays and is not redone.
    """
    recipe.tasks.check()
    open_work(work)
    corpus = build_corpus(recipe.corpus, work, recipe.name, runner)
    return mine(recipe.tasks, corpus, owner, work, recipe.name)


def mine(config: TasksConfig, corpus: Artifact, owner: Artifact, work: Path, name: str) -> Artifact:
    """The examples of a corpus that is there.

    The fingerprint knows which compilers are installed, since they decide what bugs can be tried, and what
    stands in the files of benchmarks.
    """
    config.check()
    stage = stage_of(sandboxed(_sandbox()) if config.bugs else None)
    state = {path: describe(Path(path).expanduser())["sha256"] for path in config.benchmarks}
    if config.bugs:
        state["compilers"] = " ".join(installed())
    return produce(stage, config, {"corpus": corpus, "tokenizer": owner}, work, name, state)


def _sandbox() -> Sandbox:
    try:
        return Sandbox.find()
    except SandboxError as error:
        raise SandboxError(str(error).replace(UNSAFE, "set tasks.bugs=0 to do without")) from None
