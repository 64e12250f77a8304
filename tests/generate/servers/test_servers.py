"""Each kind of server as it really talks: llama.cpp's lines are recorded, the others' from their docs."""

import json
from dataclasses import dataclass, replace

import pytest

from codekiln.errors import ServerError, UsageError
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.servers import open_server
from model_server import ModelServer, events, lines, said

REQUEST = CompletionRequest(
    "def add(a, b):\n    return ", "\n\nprint(add(1, 2))\n", "add.py", "python", max_tokens=12
)
QWEN = "qwen2.5-coder:1.5b"
FIM = "<|fim_prefix|>def add(a, b):\n    return <|fim_suffix|>\n\nprint(add(1, 2))\n<|fim_middle|>"

LLAMA_MODELS = {
    "object": "list",
    "data": [{"id": "m.gguf", "aliases": ["m"], "owned_by": "llamacpp"}],
}
VLLM_MODELS = {"data": [{"id": "mine", "owned_by": "vllm", "max_model_len": 2048}]}
OLLAMA_MODELS = {
    "data": [{"id": f"{name}", "owned_by": "library"} for name in (QWEN, "smollm2:latest")]
}
OPENAI_MODELS = {
    "data": [{"id": "gpt", "owned_by": "us"}, {"id": "starcoder2-3b", "owned_by": "us"}]
}


def llama(content, token, logprob=-0.5, **more):
    chosen = {"id": token, "token": content, "logprob": logprob, "top_logprobs": []}
    return {
        "index": 0,
        "content": content,
        "tokens": [token],
        "stop": False,
        "id_slot": -1,
        "tokens_predicted": 1,
        "tokens_evaluated": 23,
        "completion_probabilities": [chosen],
        **more,
    }


def llama_end(stop_type, word=""):
    end = {"content": "", "tokens": [], "stop": True, "tokens_predicted": 4, "tokens_evaluated": 23}
    return end | {"stop_type": stop_type, "stopping_word": word}


def openai(text, finish=None, **more):
    choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": finish, **more}
    return {"id": "cmpl-1", "object": "text_completion", "model": "mine", "choices": [choice]}


USAGE = {"id": "cmpl-1", "choices": [], "usage": {"prompt_tokens": 31, "completion_tokens": 4}}


def ollama(response, **more):
    return {
        "model": QWEN,
        "created_at": "2026-01-01T00:00:00Z",
        "response": response,
        "done": False,
    } | more


def ollama_end(reason):
    return ollama("", done=True, done_reason=reason, prompt_eval_count=31, eval_count=4)


def tokenize(*known):
    """Replies to `/tokenize`, one a question: as many tokens."""
    return [said({"tokens": list(range(n)), "count": n}) for n in known]


@dataclass
class Kind:
    """One kind of server: how it is found, how it streams, and where."""

    path: str
    replies: dict
    stream: object
    said: object
    end: object
    open: dict


def llama_kind():
    found = {
        "GET /v1/models": said(LLAMA_MODELS),
        "GET /props": said({"default_generation_settings": {"n_ctx": 1024}}),
        "POST /tokenize": said({"tokens": [0] * 400}),
        "POST /infill": said({"content": ""}),
    }
    return Kind(
        "POST /infill",
        found,
        lambda *e, **how: events(*e, done=False, **how),
        lambda text: llama(text, 7),
        {"end": llama_end("eos"), "stop": llama_end("word", "\n"), "length": llama_end("limit")},
        {},
    )


def vllm_kind():
    found = {"GET /v1/models": said(VLLM_MODELS), "GET /version": said({"version": "0.12.0"})}
    ends = {
        "end": openai("", "stop", stop_reason=None),
        "stop": openai("", "stop", stop_reason="\n"),
        "length": openai("", "length"),
    }
    return Kind("POST /v1/completions", found, events, openai, ends, {"template": "qwen"})


def openai_kind():
    found = {"GET /v1/models": said(OPENAI_MODELS)}
    ends = {"end": openai("", "stop"), "stop": openai("\n", None), "length": openai("", "length")}
    return Kind(
        "POST /v1/completions", found, events, openai, ends, {"template": "qwen", "model": "gpt"}
    )


def ollama_kind():
    found = {
        "GET /v1/models": said(OLLAMA_MODELS),
        "GET /api/version": said({"version": "0.12.0"}),
        "POST /api/show": said({"template": "{{ .Prompt }}", "capabilities": ["completion"]}),
    }
    ends = {"end": ollama_end("stop"), "stop": ollama("\n"), "length": ollama_end("length")}
    return Kind("POST /api/generate", found, lines, ollama, ends, {"model": QWEN})


KINDS = {
    "llama.cpp": llama_kind(),
    "vLLM": vllm_kind(),
    "OpenAI": openai_kind(),
    "Ollama": ollama_kind(),
}


@pytest.fixture(params=KINDS, name="kind")
def _kind(request):
    return KINDS[request.param]


def answer(kind, *replies, request=REQUEST, **opened):
    """The collected answer of a server that replies so, and what it was asked."""
    with (
        ModelServer(dict(kind.replies)) as server,
        open_server(server.url, **kind.open | opened) as c,
    ):
        server.replies[kind.path] = list(replies)
        server.asked.clear()
        return collect(c, request), server.bodies(kind.path)


@pytest.mark.parametrize("reason", ["end", "stop", "length"])
def test_text_comes_together_and_ends_are_told_apart(kind, reason):
    stream = kind.stream(kind.said("a"), kind.said(" + é\u2028"), kind.end[reason])
    whole, _ = answer(kind, stream, request=replace(REQUEST, stop=("\n",)))
    assert whole.text == "a + é\u2028"
    assert whole.finish_reason == reason


def test_a_stop_string_is_cut_wherever_the_pieces_part(kind):
    stream = kind.stream(
        kind.said("a + b\n\nd"), kind.said("ef f"), kind.said("oo"), kind.end["end"]
    )
    whole, _ = answer(kind, stream, request=replace(REQUEST, stop=("\n\ndef",)))
    assert whole.text == "a + b"
    assert whole.finish_reason == "stop"


@pytest.mark.parametrize("name", ["vLLM", "OpenAI", "Ollama"])
def test_leaked_control_is_no_text(name):
    kind = KINDS[name]
    stream = kind.stream(kind.said("a + b<|fim"), kind.said("_pad|>\n"), kind.end["length"])
    whole, _ = answer(kind, stream)
    assert whole.text == "a + b"
    assert whole.finish_reason == "end"
    stream = kind.stream(kind.said("a <|fim"), kind.said("_pid|>"), kind.end["length"])
    assert answer(kind, stream)[0].text == "a <|fim_pid|>"


def test_settings_that_are_not_asked_for_are_switched_off(kind):
    _, (body,) = answer(kind, kind.stream(kind.said("a"), kind.end["end"]))
    body |= body.pop("options", {})
    assert body["temperature"] == 0
    assert body["top_p"] == 1.0
    assert body.get("min_p", 0) == 0
    assert body.get("top_k", 0) in (0, -1)
    assert body.get("repeat_penalty", body.get("repetition_penalty", 1.0)) == 1.0
    assert body.get("n_predict", body.get("max_tokens", body.get("num_predict"))) == 12
    assert body["stream"] is True


ASKED = {"top_k": 5, "top_p": 0.9, "min_p": 0.1, "repetition_penalty": 1.1}


@pytest.mark.parametrize(
    ("name", "able"),
    [
        ("llama.cpp", {"top_k", "top_p", "min_p", "repetition_penalty"}),
        ("vLLM", {"top_k", "top_p", "min_p", "repetition_penalty"}),
        ("Ollama", {"top_k", "top_p", "min_p"}),
        ("OpenAI", {"top_p"}),
    ],
)
@pytest.mark.parametrize("setting", ASKED)
def test_a_setting_is_sent_or_refused_by_name(name, able, setting):
    kind = KINDS[name]
    request = replace(REQUEST, temperature=0.7, seed=3, **{setting: ASKED[setting]})
    stream = kind.stream(kind.said("a"), kind.end["end"])
    if setting not in able:
        with pytest.raises(
            UsageError, match=f"{name}.* cannot be asked for {setting}: leave it out"
        ):
            answer(kind, stream, request=request)
        return
    _, (body,) = answer(kind, stream, request=request)
    body |= body.pop("options", {})
    theirs = {"repetition_penalty": "repeat_penalty"} if name == "llama.cpp" else {}
    assert body[theirs.get(setting, setting)] == ASKED[setting]
    assert (body["temperature"], body["seed"]) == (0.7, 3)


@dataclass(frozen=True)
class Tomorrow(CompletionRequest):
    """A request with a setting that no server knows."""

    oracles: int = 1


def test_a_setting_of_tomorrow_is_refused_until_somebody_maps_it(kind):
    stream = kind.stream(kind.said("a"), kind.end["end"])
    assert answer(kind, stream, request=Tomorrow(**vars(REQUEST)))[0].text == "a"
    with pytest.raises(UsageError, match="cannot be asked for oracles"):
        answer(kind, stream, request=Tomorrow(**vars(REQUEST), oracles=4))


SCHEMA = {"enum": [{"a": 1}, {"a": 2}]}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("llama.cpp", lambda body: body["json_schema"]),
        ("vLLM", lambda body: body["structured_outputs"]["json"]),
        ("Ollama", lambda body: body["format"]),
    ],
)
def test_a_schema_is_sent_as_each_server_knows_it(name, place):
    kind = KINDS[name]
    stream = kind.stream(kind.said('{"a": 1}'), kind.end["end"])
    request = replace(REQUEST, json_schema=json.dumps(SCHEMA))
    whole, (body,) = answer(kind, stream, request=request)
    assert {key: value for key, value in place(body).items() if key != "x-guidance"} == SCHEMA
    assert whole.text == '{"a": 1}'
    _, (plain,) = answer(kind, stream)
    assert len(plain) == len(body) - 1
    for wrong in ("{", "[1]", "true", '{"type": "nothing"}'):  # llama.cpp passes over the last
        with pytest.raises(UsageError, match="JSON schema"):
            answer(kind, stream, request=replace(REQUEST, json_schema=wrong))


@pytest.mark.parametrize("version", ["0.11.2", "0.9.0.1", None])
def test_a_vllm_that_would_pass_over_a_schema_is_not_asked_for_one(version):
    told = {"GET /version": said({"version": version})} if version else {}
    replies = {path: r for path, r in KINDS["vLLM"].replies.items() if path != "GET /version"}
    kind = replace(KINDS["vLLM"], replies=replies | told)
    stream = kind.stream(kind.said("a"), kind.end["end"])
    assert answer(kind, stream)[0].text == "a"
    with pytest.raises(UsageError, match=r"vLLM.* cannot be asked for json_schema"):
        answer(kind, stream, request=replace(REQUEST, json_schema="{}"))


def test_an_openai_server_has_no_schema_for_completions():
    kind = KINDS["OpenAI"]
    stream = kind.stream(kind.said("a"), kind.end["end"])
    with pytest.raises(UsageError, match="cannot be asked for json_schema"):
        answer(kind, stream, request=replace(REQUEST, json_schema="{}"))


@pytest.mark.parametrize("setting", [{"beams": 3}, {"best_of": 3}, {"adapter": "mine"}])
def test_what_no_server_does_for_us_is_refused_by_name(kind, setting):
    stream = kind.stream(kind.said("a"), kind.end["end"])
    with pytest.raises(UsageError, match=f"cannot be asked for {next(iter(setting))}"):
        answer(kind, stream, request=replace(REQUEST, **setting))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"max_tokens": 0}, "max_tokens is 0"),
        ({"max_prompt_tokens": 0}, "max_prompt_tokens is 0"),
        ({"max_prompt_tokens": -5}, "max_prompt_tokens is -5"),
        ({"seed": -1}, "seed is -1"),
        ({"stop": ("a", "")}, "stop string is empty"),
        ({"suffix": "\ud800"}, "not UTF-8"),
        ({"temperature": -1}, "temperature is -1"),
        ({"domains": ("wob",)}, "'wob' is no domain"),
    ],
)
def test_a_request_out_of_bounds_is_refused_before_anything_is_asked(kind, wrong, message):
    with ModelServer(kind.replies) as server, open_server(server.url, **kind.open) as completer:
        server.asked.clear()
        with pytest.raises(UsageError, match=message):
            completer.complete(replace(REQUEST, **wrong))
        completer.complete(REQUEST)  # nobody wants its first chunk
        assert not server.asked


def test_what_has_come_is_kept_when_the_stream_breaks(kind):
    for how in ({"breaks": True}, {}):  # in the middle of the bytes, and between two messages
        stream = kind.stream(kind.said("a + "), kind.said("b\n"), **how)
        stream = replace(stream, parts=[part for part in stream.parts if "DONE" not in part])
        with ModelServer(kind.replies) as server, open_server(server.url, **kind.open) as completer:
            server.replies[kind.path] = [stream]
            chunks = completer.complete(replace(REQUEST, stop=("\n\n",)))
            got = []
            with pytest.raises(ServerError, match="broke"):
                got.extend(chunks)
        assert "".join(chunk.text for chunk in got) == "a + b\n"
        assert {chunk.finish_reason for chunk in got} == {None}


def test_an_error_in_the_middle_is_told(kind):
    stream = kind.stream(
        kind.said("a"), {"error": {"message": "out of \x1b[31mmemory", "code": 500}}
    )
    with pytest.raises(ServerError, match=r"broke its answer off \(out of  ?\[31mmemory\)"):
        answer(kind, stream)


def test_closing_the_iterator_ends_the_connection_at_once(kind):
    endless = kind.stream(kind.said("a"), hangs=True)
    endless = replace(endless, parts=[part for part in endless.parts if "DONE" not in part])
    with ModelServer(kind.replies) as server, open_server(server.url, **kind.open) as completer:
        server.replies[kind.path] = [endless]
        chunks = completer.complete(REQUEST)
        assert next(chunks).text == "a"
        assert not server.left.is_set()
        chunks.close()
        assert server.left.wait(5)
        server.replies[kind.path] = [kind.stream(kind.said("b"), kind.end["end"])]
        assert collect(completer, REQUEST).text == "b"


def test_a_stop_string_ends_the_connection_at_once(kind):
    endless = kind.stream(kind.said("a\n"), hangs=True)
    endless = replace(endless, parts=[part for part in endless.parts if "DONE" not in part])
    with ModelServer(kind.replies) as server, open_server(server.url, **kind.open) as completer:
        server.replies[kind.path] = [endless]
        assert collect(completer, replace(REQUEST, stop=("\n",))).text == "a"
        assert server.left.wait(5)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("llama.cpp", {"error": {"message": "no", "type": "exceed_context_size_error"}}),
        ("vLLM", {"error": {"message": "This model's maximum context length is 2048 tokens"}}),
        ("OpenAI", {"error": {"message": "no", "code": "context length exceeded"}}),
        ("Ollama", {"error": "the input length exceeds the context length"}),
    ],
)  # fmt: skip
def test_a_text_that_is_too_long_is_cut_around_the_cursor(name, error):
    kind = KINDS[name]
    request = replace(
        REQUEST, prefix="x = 1\n" * 9000 + "here", suffix="\nafter\n" + "y = 2\n" * 9000
    )
    stream = kind.stream(kind.said("a"), kind.end["end"])
    whole, bodies = answer(kind, said(error, 400), stream, request=request)
    assert whole.text == "a"
    first, second = map(json.dumps, bodies)
    assert len(first) > 1.5 * len(second)
    for body in (first, second):
        assert "\\nhere" in body
        assert "\\nafter\\n" in body
    with pytest.raises(ServerError, match="too long for"):
        answer(kind, said(error, 400), request=request)


def test_typing_on_keeps_the_start_of_a_prompt_that_is_cut():
    kind = KINDS["llama.cpp"]
    text = "".join(f"line{n} = {n}\n" for n in range(3000))
    starts = set()
    for end in range(30_000, 30_200, 10):
        stream = kind.stream(kind.said("a"), kind.end["end"])
        request = replace(REQUEST, prefix=text[:end])
        _, (body,) = answer(kind, stream, request=request)
        assert text[:end].endswith(body["input_prefix"])
        assert body["input_prefix"].startswith("line")
        starts.add(end - len(body["input_prefix"]))
    assert len(starts) <= 2


def test_llama_cpp_is_asked_by_its_own_infill():
    kind = KINDS["llama.cpp"]
    stream = kind.stream(llama("a", 307, -1.5), llama("", 0, -0.25), llama_end("eos"))
    whole, (body,) = answer(kind, stream, request=replace(REQUEST, stop=("zz",), seed=2**32 - 1))
    assert body["input_prefix"] == REQUEST.prefix
    assert body["input_suffix"] == REQUEST.suffix
    assert (body["stop"], body["cache_prompt"], body["seed"]) == (["zz"], True, 0)
    assert whole.token_ids == (307, 0)
    assert whole.logprobs == (-1.5, -0.25)
    assert whole.timings.prompt_tokens == 23


def test_llama_cpp_reads_text_in_infill_as_text():
    kind = KINDS["llama.cpp"]
    request = replace(REQUEST, prefix="a = '<fim_middle>'\nb = ")
    _, (body,) = answer(kind, kind.stream(llama_end("eos")), request=request)
    assert body["input_prefix"] == request.prefix


def test_control_in_the_text_never_reaches_a_prompt():
    kind = KINDS["vLLM"]
    request = replace(REQUEST, prefix="a<|fim_middle|>b = ", suffix="\nc<|endoftext|>d")
    _, (body,) = answer(kind, events(openai("x", "stop")), request=request)
    told = "<|file_sep|>add.py\n"
    assert body["prompt"] == told + "<|fim_prefix|>b = <|fim_suffix|>\nc<|fim_middle|>"


def test_llama_cpp_with_a_template_completes_its_prompt():
    kind = replace(KINDS["llama.cpp"], path="POST /completion")
    end = kind.stream(llama_end("eos"))
    request = replace(REQUEST, path="")
    assert answer(kind, end, request=request, template="qwen")[1][0]["prompt"] == FIM


def test_a_model_of_ours_is_asked_in_our_layout():
    kind = replace(KINDS["llama.cpp"], path="POST /completion")
    kind.replies = kind.replies | {"POST /tokenize": said({"tokens": list(range(29))})}
    _, (body,) = answer(kind, kind.stream(llama_end("eos")))
    assert body["logit_bias"] == [[token, False] for token in range(29)]
    before = "<filename>add.py<language>python\n<fim_prefix><fim_suffix>\n\nprint(add(1, 2))\n"
    assert body["prompt"] == before + "<fim_middle>def add(a, b):\n    return "


def test_a_model_that_cannot_fill_is_refused_by_llama_cpp_and_plain_is_the_remedy():
    replies = dict(KINDS["llama.cpp"].replies)
    replies["POST /infill"] = said(
        {"error": {"message": "Infill is not supported", "code": 501}}, 501
    )
    with ModelServer(replies) as server:
        with pytest.raises(UsageError, match=r"cannot fill in a middle with 'm.gguf'.*'plain'"):
            open_server(server.url)
        with open_server(server.url, template="plain") as completer:
            server.replies["POST /completion"] = [
                events(llama("x", 1), llama_end("eos"), done=False)
            ]
            assert collect(completer, REQUEST).text == "x"
        assert server.bodies("POST /completion")[0]["prompt"] == REQUEST.prefix


def test_vllm_tells_ids_and_logprobs():
    kind = KINDS["vLLM"]
    piece = openai("a +", None, token_ids=[5, 6], logprobs={"token_logprobs": [-0.5, -0.25]})
    stream = events(piece | {"usage": {"prompt_tokens": 31}}, openai(" b", "stop"), USAGE)
    whole, (body,) = answer(kind, stream, request=replace(REQUEST, path="", stop=("zz",)))
    assert body["prompt"] == FIM
    assert (body["stop"], "suffix" in body) == (["zz"], False)
    assert whole.text == "a + b"
    assert whole.token_ids == (5, 6)
    assert whole.logprobs == (-0.5, -0.25)
    assert whole.timings.prompt_tokens == 31


def test_vllms_tokenizer_tells_the_template_of_a_model_with_any_name():
    # starcoder's strings after those of codekiln, which are not all tokens
    replies = KINDS["vLLM"].replies | {"POST /tokenize": tokenize(90, 3, 1, 1, 2, 3)}
    with ModelServer(replies) as server, open_server(server.url) as completer:
        assert completer.dialect.template.name == "starcoder"
        assert completer.dialect.context == 2048
        server.replies["POST /v1/completions"] = [events(openai("x", "stop"))]
        assert collect(completer, REQUEST).text == "x"
    (body,) = server.bodies("POST /v1/completions")
    assert body["logit_bias"] == {"0": -100, "1": -100, "2": -100}
    assert body["stop_token_ids"] == [0, 0]


def test_an_openai_server_gets_no_stop_strings_and_nothing_it_may_not_know():
    kind = KINDS["OpenAI"]
    request = replace(REQUEST, stop=("1", "2", "3", "4", "5"), path="")
    whole, (body,) = answer(kind, events(openai("x"), openai("", "stop"), USAGE), request=request)
    allowed = {
        "model",
        "prompt",
        "max_tokens",
        "temperature",
        "top_p",
        "seed",
        "stream",
        "stream_options",
    }
    assert set(body) == allowed
    assert (whole.token_ids, whole.logprobs) == ((), ())
    assert whole.timings.generated_tokens == 4  # as it says; when each came is not known
    assert whole.timings.tokens_per_second == 0


def test_an_openai_server_is_known_by_its_models_names():
    with ModelServer(KINDS["OpenAI"].replies) as server:
        with open_server(server.url + "/v1/", "starcoder2-3b") as completer:
            assert completer.dialect.template.name == "starcoder"
        with pytest.raises(UsageError, match="How 'gpt' is asked for a middle is not known"):
            open_server(server.url, "gpt")


def test_ollama_takes_its_own_template_where_it_has_a_suffix():
    kind = KINDS["Ollama"]
    whole, (body,) = answer(
        kind, lines(ollama("x"), ollama_end("stop")), request=replace(REQUEST, path="")
    )
    assert (body["prompt"], body["raw"], body["options"]["num_ctx"]) == (FIM, True, 4096)
    assert "stop" not in body["options"]
    assert whole.timings.generated_tokens == 4
    for shown in ({"template": "{{ .Prefix }}{{ .Suffix }}"}, {"capabilities": ["insert"]}):
        own = replace(kind, replies=kind.replies | {"POST /api/show": said(shown)})
        _, (body,) = answer(own, lines(ollama_end("stop")), context=2048)
        assert (body["prompt"], body["suffix"]) == (REQUEST.prefix, REQUEST.suffix)
        assert "raw" not in body
        assert body["options"]["num_ctx"] == 2048


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"choices": 5},
        {"choices": [5]},
        {"content": 5, "response": 5},
        {"tokens": "ab"},
        {"logprobs": 1},
    ],
)
def test_a_message_in_another_form_is_an_error_of_the_servers(kind, event):
    with pytest.raises(ServerError, match=r"in a form that is not known|broke its answer off"):
        answer(kind, kind.stream(event))


@pytest.mark.parametrize("name", ["llama.cpp", "vLLM", "OpenAI", "Ollama"])
def test_a_model_that_is_not_there_is_refused_with_those_that_are(name):
    kind = KINDS[name]
    with (
        ModelServer(kind.replies) as server,
        pytest.raises(UsageError, match=r"has no model 'x'.*has ") as e,
    ):
        open_server(server.url, "x", template="plain")
    for entry in json.loads(kind.replies["GET /v1/models"].parts[0])["data"]:
        assert entry["id"] in str(e.value)


def test_a_model_by_its_alias_or_without_latest():
    with (
        ModelServer(KINDS["llama.cpp"].replies) as server,
        open_server(server.url, "m") as completer,
    ):
        assert completer.dialect.model == "m.gguf"
    with (
        ModelServer(KINDS["Ollama"].replies) as server,
        open_server(server.url, "smollm2", template="plain") as completer,
    ):
        assert completer.dialect.model == "smollm2:latest"


@pytest.mark.parametrize(
    ("models", "message"),
    [
        (OPENAI_MODELS, r"not one model alone: name one .*gpt, starcoder2-3b"),
        ({"data": None}, r"none: load one there first"),
    ],
)
def test_of_several_models_one_is_named(models, message):
    with (
        ModelServer({"GET /v1/models": said(models)}) as server,
        pytest.raises(UsageError, match=message),
    ):
        open_server(server.url)
