import re

import pytest

from codekiln.errors import UsageError
from codekiln.generate import CompletionRequest
from codekiln.generate.servers import TEMPLATES
from codekiln.generate.templates import template_for, template_named
from codekiln.inputs.formats import Header
from codekiln.tasks import completion_prompt
from fakes import tiny_tokenizer

NOTHING = Header()
DEEPSEEK = {ord("|"): "\uff5c", ord("_"): "\u2581"}  # it writes its bars and spaces so
BY_NAME = {template.name: template for template in TEMPLATES}


# From the cards and papers of the models, for a prefix `{P}` and a suffix `{S}`.
@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("starcoder", "<fim_prefix>{P}<fim_suffix>{S}<fim_middle>"),
        ("qwen", "<|fim_prefix|>{P}<|fim_suffix|>{S}<|fim_middle|>"),
        ("deepseek", "<|fim_begin|>{P}<|fim_hole|>{S}<|fim_end|>".translate(DEEPSEEK)),
        ("codellama", "<PRE> {P} <SUF>{S} <MID>"),
        ("codestral", "[SUFFIX]{S}[PREFIX]{P}"),
        ("codegemma", "<|fim_prefix|>{P}<|fim_suffix|>{S}<|fim_middle|>"),
        ("granite4", "<|fim_prefix|>{P}<|fim_suffix|>{S}<|fim_middle|>"),
        ("mellum", "<fim_suffix>{S}<fim_prefix>{P}<fim_middle>"),
        ("seedcoder", "<[fim-suffix]>{S}<[fim-prefix]>{P}<[fim-middle]>"),
        ("codekiln", "<fim_prefix><fim_suffix>{S}<fim_middle>{P}"),
        ("plain", "{P}"),
    ],
)  # fmt: skip
def test_a_prompt_is_what_the_family_was_trained_on(name, prompt):
    assert BY_NAME[name].render("{P}", "{S}", NOTHING) == prompt  # braces of code are no fields
    assert BY_NAME[name].render("{P}", "  \n", NOTHING) == "{P}"


def test_every_template_was_compared():
    assert len(BY_NAME) == len(TEMPLATES) == 11


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Qwen/Qwen2.5-Coder-1.5B", "qwen"),
        ("qwen2.5-coder:1.5b-base", "qwen"),
        ("Qwen3-Coder-30B-A3B-Instruct-Q4_K_M.gguf", "qwen"),
        ("bigcode/starcoder2-3b", "starcoder"),
        ("bigcode/tiny_starcoder_py", "starcoder"),
        ("ibm-granite/granite-3b-code-base", "starcoder"),
        ("ibm-granite/granite-4.0-h-tiny", "granite4"),
        ("deepseek-ai/deepseek-coder-1.3b-base", "deepseek"),
        ("deepseek-coder-v2:lite", "deepseek"),
        ("codellama:7b-code", "codellama"),
        ("meta-llama/CodeLlama-7b-hf", "codellama"),
        ("mistralai/Codestral-22B-v0.1", "codestral"),
        ("google/codegemma-2b", "codegemma"),
        ("JetBrains/Mellum-4b-base", "mellum"),
        ("ByteDance-Seed/Seed-Coder-8B-Base", "seedcoder"),
        ("me/codekiln-of-mine", "codekiln"),
    ],
)
def test_a_family_is_known_by_its_models_names(model, name):
    assert template_for(model).name == name


@pytest.mark.parametrize("model", ["HuggingFaceTB/SmolLM2-135M", "qwen2.5:7b", "my-model"])
def test_a_model_that_is_not_known_is_refused(model):
    with pytest.raises(UsageError, match=r"middle is not known: name its template.*plain"):
        template_for(model)


def counting(*control):
    """A tokenizer that knows these strings, and else has a token a character."""
    pattern = "|".join(map(re.escape, control))
    return lambda text: [7] * len(re.findall(f"{pattern}|.", text, re.DOTALL))


@pytest.mark.parametrize("name", sorted(BY_NAME.keys() - {"plain", "mellum"}))
def test_a_family_is_known_by_its_tokens_too(name):
    assert template_for("served", counting(*BY_NAME[name].control)).name == name


def test_a_tokenizer_without_control_tells_nothing():
    with pytest.raises(UsageError, match="'served' is asked for a middle is not known"):
        template_for("served", counting("<s>"))


def test_our_prompt_in_text_is_our_prompt_in_ids():
    tokenizer = tiny_tokenizer()
    request = CompletionRequest(
        "def add(first, second):\n    return ",
        "\nprint(add)\n",
        "add.py",
        "python",
        "me/it",
        ("web",),
    )
    text = BY_NAME["codekiln"].render(request.prefix, request.suffix, request.header)
    ids = completion_prompt(tokenizer, request.prefix, request.suffix, request.header, 1000)
    pieces = [
        tokenizer.decode([i]) if i in tokenizer.text_ids else tokenizer.name_of(i) for i in ids
    ]
    assert "".join(pieces) == "<|endoftext|>" + text


def test_qwen_is_told_the_file():
    header = Header("me/it", "src/add.py", "python")
    prompt = BY_NAME["qwen"].render("a", "b", header)
    told = "<|repo_name|>me/it\n<|file_sep|>src/add.py\n"
    assert prompt == told + "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>"


def test_a_template_by_name():
    assert template_named("qwen") is BY_NAME["qwen"]
    with pytest.raises(UsageError, match="No template is called 'gpt': known are codekiln, star"):
        template_named("gpt")
