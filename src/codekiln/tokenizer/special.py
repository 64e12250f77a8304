"""The one list of special tokens. Their ids are their places in it, in every codekiln tokenizer.

The strings for fill-in-the-middle, repository and file are StarCoder's (Li et al. 2023, §5.1), because
editors fall back to them. After them comes one token for each domain of code, in the order of
`corpus/domains/domains.toml`; they are listed here again because a model's vocabulary is fixed, and because
training needs no corpus. The last two are those of an encoder (Devlin et al. 2019, §3.1): a token to be
guessed, and what stands between two segments. A special token's string inside source text is data and is
never read as control: only `inputs.formats` and the objectives put these ids into a sequence.
"""

END_OF_TEXT = "<|endoftext|>"
FIM_PREFIX = "<fim_prefix>"
FIM_MIDDLE = "<fim_middle>"
FIM_SUFFIX = "<fim_suffix>"
PADDING = "<fim_pad>"
REPOSITORY = "<reponame>"
FILE = "<filename>"
LANGUAGE = "<language>"
DOMAINS = (
    "web",
    "mobile",
    "desktop",
    "game",
    "graphics",
    "media",
    "data",
    "machine-learning",
    "science",
    "database",
    "network",
    "security",
    "systems",
    "embedded",
    "command-line",
    "testing",
    "devops",
    "build",
    "language-tools",
    "concurrency",
)
DOMAIN_TOKENS = {domain: f"<domain:{domain}>" for domain in DOMAINS}
MASK = "<mask>"
SEPARATOR = "<sep>"

SPECIAL_TOKENS = (
    END_OF_TEXT,
    FIM_PREFIX,
    FIM_MIDDLE,
    FIM_SUFFIX,
    PADDING,
    REPOSITORY,
    FILE,
    LANGUAGE,
    *DOMAIN_TOKENS.values(),
    MASK,
    SEPARATOR,
)
