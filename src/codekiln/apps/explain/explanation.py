"""From what was recorded while an answer was written to what can be told of it."""

from codekiln.apps.explain.facts import Explanation, Part, Passage, Place, token_of
from codekiln.apps.explain.recorder import Recorder
from codekiln.apps.suggest import Suggestion
from codekiln.generate import CompletionRequest
from codekiln.index.provenance import Passage as Traced
from codekiln.pipeline.report.heatmap import visible

PARTS = ("prompt", "reading", "writing", "index", "choice")


def explained(
    recorder: Recorder, request: CompletionRequest, suggestion: Suggestion
) -> Explanation:
    """How a suggestion came about; the `recorder` was the witness of the request for it."""
    took = recorder.milliseconds
    parts = [Part(name, took[name]) for name in PARTS]
    parts += [
        Part("verifying", suggestion.verify_ms),
        Part("provenance", suggestion.trace_ms),
    ]
    shown = suggestion.before + suggestion.text
    return Explanation(
        prefix=visible(request.prefix),
        suffix=visible(request.suffix),
        language=request.language,
        path=visible(request.path),
        prompt=tuple(token_of(recorder.tokenizer, token) for token in recorder.prompt),
        overlap=recorder.overlap,
        chosen=tuple(recorder.chosen_tokens),
        kept=_kept(recorder, suggestion.text),
        written=visible(suggestion.completion.text),
        before=visible(suggestion.before),
        shown=visible(shown),
        state=suggestion.verified.state,
        reason=suggestion.verified.reason,
        finish_reason=suggestion.completion.finish_reason,
        passages=tuple(_passage(shown, passage) for passage in suggestion.passages),
        parts=tuple(parts),
    )


def _kept(recorder: Recorder, text: str) -> int:
    """How many of the first tokens reach into a text, or into that of the user's which they repeat."""
    size, count = recorder.overlap + len(text.encode(errors="replace")), 0
    for one in recorder.chosen_tokens:
        if size <= 0:
            break
        size -= len(recorder.tokenizer.bytes_of(one.token.id))
        count += 1
    return count


def _passage(shown: str, passage: Traced) -> Passage:
    return Passage(
        text=visible(shown[passage.start : passage.end]),
        start=len(visible(shown[: passage.start])),
        end=len(visible(shown[: passage.end])),
        count=passage.count,
        flagged=passage.flagged,
        places=tuple(
            Place(
                visible(place.origin.repository),
                visible(place.origin.path),
                place.line,
                visible(place.origin.licence),
                place.origin.revision,
            )
            for place in passage.places
        ),
    )
