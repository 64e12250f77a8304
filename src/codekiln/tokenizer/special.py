"""The one list of special tokens. Their ids are their places in it, in every codekiln tokenizer.

The strings for fill-in-the-middle, repository and file are StarCoder's (Li et al. 2023, §5.1), because
editors fall back to them. A special token's string inside source text is data and is never read as
control: only `inputs.formats` puts these ids into a sequence.
"""

END_OF_TEXT = "<|endoftext|>"
FIM_PREFIX = "<fim_prefix>"
FIM_MIDDLE = "<fim_middle>"
FIM_SUFFIX = "<fim_suffix>"
PADDING = "<fim_pad>"
REPOSITORY = "<reponame>"
FILE = "<filename>"
LANGUAGE = "<language>"

SPECIAL_TOKENS = (
    END_OF_TEXT,
    FIM_PREFIX,
    FIM_MIDDLE,
    FIM_SUFFIX,
    PADDING,
    REPOSITORY,
    FILE,
    LANGUAGE,
)
