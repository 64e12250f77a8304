"""How well-known models are asked for a middle: the strings that their tokenizers read as control.

Sources: the models' papers and cards. StarCoder (Li et al. 2023, §5.1), Code Llama (Rozière et al.
2023, §2.3), DeepSeek-Coder (Guo et al. 2024, §3.1), Qwen2.5-Coder (Hui et al. 2024, §3.2), CodeGemma
(2024, §2). Our own layout is that of `inputs.formats`, in text. SmolLM has no such strings: `plain`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from string import Formatter

from codekiln.errors import UsageError
from codekiln.inputs.formats import Header
from codekiln.tokenizer.special import (
    DOMAIN_TOKENS,
    END_OF_TEXT,
    FILE,
    FIM_MIDDLE,
    FIM_PREFIX,
    FIM_SUFFIX,
    LANGUAGE,
    MASK,
    PADDING,
    REPOSITORY,
    SEPARATOR,
)


def _no_header(_: Header) -> str:
    return ""


def _our_header(header: Header) -> str:
    fields = ((REPOSITORY, header.repository), (FILE, header.path), (LANGUAGE, header.language))
    parts = [token + text for token, text in fields if text]
    parts += [token for domain, token in DOMAIN_TOKENS.items() if domain in header.domains]
    return "".join([*parts, "\n"]) if parts else ""


def _qwen_header(header: Header) -> str:
    repository = f"<|repo_name|>{header.repository}\n" if header.repository else ""
    return repository + (f"<|file_sep|>{header.path}\n" if header.path else "")


@dataclass(frozen=True)
class Template:
    """A family's layout; what opens a document the server's tokenizer adds by itself.

    `ends` are strings after which there is no more of an answer, should one be in it as text: none
    that code could hold. `models` is a pattern for the names of the family's models. `signature` are
    further strings that are single tokens in this family.
    """

    name: str
    layout: str
    ends: tuple[str, ...] = ()
    models: str = r"(?!)"
    header: Callable[[Header], str] = _no_header
    signature: tuple[str, ...] = ()

    @property
    def markers(self) -> tuple[str, ...]:
        """The strings around prefix and suffix."""
        literals = (literal for literal, *_ in Formatter().parse(self.layout))
        return tuple(mark for text in literals for mark in re.findall(r"[<\[]\S+?[>\]]+", text))

    @property
    def control(self) -> tuple[str, ...]:
        """All strings that the tokenizer reads as control: none may be in the text of a prompt."""
        return tuple(dict.fromkeys((*self.markers, *self.ends, *self.signature)))

    @property
    def leaks(self) -> tuple[str, ...]:
        """Strings that are never an answer's text."""
        return (*self.markers, *self.ends)

    @property
    def banned(self) -> tuple[str, ...]:
        """Control that a model could write instead of code, and that ends nothing."""
        return tuple(mark for mark in self.control if mark not in self.ends)

    @property
    def fills(self) -> bool:
        """Whether the model can be told what stands behind the cursor."""
        return "{suffix}" in self.layout

    def render(self, prefix: str, suffix: str, header: Header) -> str:
        """The prompt; without a visible suffix, header and prefix alone."""
        opening = self.header(header)
        if not suffix.strip() or not self.fills:
            return opening + prefix
        return opening + self.layout.format(prefix=prefix, suffix=suffix)

    def read(self, prompt: str) -> tuple[str, str] | None:
        """Prefix and suffix of a prompt that is this whole layout and nothing besides, or None.

        A marker that stands between them more than once is that where it stands first.
        """
        if not self.fills:
            return None
        (opening, first, _, _), (between, second, _, _), *rest = Formatter().parse(self.layout)
        closing = rest[0][0] if rest else ""
        if not (prompt.startswith(opening) and prompt.endswith(closing)):
            return None
        inner = prompt[len(opening) : len(prompt) - len(closing)]
        before, found, after = inner.partition(between)
        if not found:
            return None
        return (before, after) if (first, second) == ("prefix", "suffix") else (after, before)


# "</s>" ends an answer of Code Llama and Codestral, but as text it is a tag of HTML. The first family
# whose strings a tokenizer knows is taken, so those with a signature stand before those without.
TEMPLATES = (
    Template(
        "codekiln",
        FIM_PREFIX + FIM_SUFFIX + "{suffix}" + FIM_MIDDLE + "{prefix}",
        (END_OF_TEXT,),
        r"codekiln",
        _our_header,
        (PADDING, REPOSITORY, FILE, LANGUAGE, *DOMAIN_TOKENS.values(), MASK, SEPARATOR),
    ),
    Template(
        "starcoder",
        "<fim_prefix>{prefix}<fim_suffix>{suffix}<fim_middle>",
        ("<|endoftext|>", "<fim_pad>", "<file_sep>"),
        r"star-?coder|granite.*code|granite-?3|stable-code",
    ),
    Template(
        "qwen",
        "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
        ("<|endoftext|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<|im_end|>"),
        r"qwen.*coder",
        _qwen_header,
        ("<|repo_name|>", "<|file_sep|>"),
    ),
    Template(
        "deepseek",
        "<｜fim▁begin｜>{prefix}<｜fim▁hole｜>{suffix}<｜fim▁end｜>",
        ("<｜end▁of▁sentence｜>", "<|EOT|>"),
        r"deepseek.*coder",
    ),
    Template(
        "codellama",
        "<PRE> {prefix} <SUF>{suffix} <MID>",
        ("<EOT>",),
        r"code-?llama",
    ),
    Template("codestral", "[SUFFIX]{suffix}[PREFIX]{prefix}", (), r"codestral"),
    Template(
        "codegemma",
        "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
        ("<|file_separator|>", "<end_of_turn>"),
        r"codegemma",
        signature=("<|file_separator|>",),
    ),
    Template(
        "granite4",
        "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
        ("<|end_of_text|>", "<|fim_pad|>"),
        r"granite-?4",
        signature=("<|end_of_text|>",),
    ),
    Template(
        "mellum",
        "<fim_suffix>{suffix}<fim_prefix>{prefix}<fim_middle>",
        ("<|endoftext|>", "<fim_pad>"),
        r"mellum",
        signature=("<filename>", "<reponame>"),
    ),
    Template(
        "seedcoder",
        "<[fim-suffix]>{suffix}<[fim-prefix]>{prefix}<[fim-middle]>",
        ("<[end▁of▁sentence]>",),
        r"seed-coder",
    ),
    Template("plain", "{prefix}"),
)


def template_named(name: str) -> Template:
    """A template by its name.

    Raises:
        UsageError: there is none of that name.
    """
    for template in TEMPLATES:
        if template.name == name:
            return template
    known = ", ".join(template.name for template in TEMPLATES)
    raise UsageError(f"No template is called '{name}': known are {known}.")


Encode = Callable[[str], list[int]]  # the server's tokenizer, which reads control as control


def template_for(model: str, encode: Encode | None = None) -> Template:
    """The template of a model: by its name, else by what its tokenizer reads as one token.

    Raises:
        UsageError: neither tells it.
    """
    for template in TEMPLATES:
        if re.search(template.models, model, re.IGNORECASE):
            return template
    for template in TEMPLATES if encode else ():
        if encode and knows(template, encode):
            return template
    names = ", ".join(template.name for template in TEMPLATES)
    raise UsageError(
        f"How '{model}' is asked for a middle is not known: name its template, one of {names} "
        "(plain shows it the text before the cursor alone)."
    )


def knows(template: Template, encode: Encode) -> bool:
    """Whether all of a family's strings are single tokens of a tokenizer."""
    return bool(control_ids((*template.markers, *template.signature), encode))


def control_ids(strings: tuple[str, ...], encode: Encode) -> tuple[int, ...]:
    """The ids of strings of control; none if one of them is no single token."""
    ids = encode("".join(strings)) if strings else []
    return tuple(ids) if len(ids) == len(strings) else ()
