"""Shots: examples of the domain with their answers, shown to an untuned model before the question that is asked.

They come from the train split of a data set, which nothing is measured on, and never is one of them the question
itself. What is shown of each is one passage that holds its answer, if the request may see that passage.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from itertools import islice

from generator.manifest import Manifest
from generator.prompt import Context, Shot
from generator.releases import typed
from retriever.models.encoder import Encoder, Vectors
from retriever.search.filters import Comparison, Compound, Filter
from retriever.search.search import Hit, Request, Retriever
from store.datasets import Dataset, Example, delete_dataset, get_dataset, has_dataset, usable_examples
from store.documents import get_document
from store.errors import ConflictError, InvalidInputError, NotFoundError
from store.examples import QuestionContent
from store.fingerprints import fingerprint_salt, hash_words
from store.ids import sha256
from store.releases import active_release
from store.store import Store

SPLIT = "train"
_TRIED = 3  # times as many examples are tried as are wanted: of some the passage is gone, or may not be seen
_SAME = 0.8  # share of the words of two questions from which on they ask the same
_KEPT = 8  # data sets whose questions are kept as vectors
_HITS = 5


class ShotBank:
    """Chooses shots for questions. Safe to use from many threads."""

    def __init__(self, store: Store, retriever: Retriever) -> None:
        self._store = store
        self._retriever = retriever
        self._vectors: OrderedDict[tuple[str, str, str], Vectors] = OrderedDict()
        self._changing = threading.Lock()

    def shots(self, domain_id: str, manifest: Manifest, question: str, filters: Filter | None) -> list[Shot]:
        """Return the shots that a release shows before a question, the best one last, as near to it as can be."""
        wanted = manifest.shots
        if not wanted.count or wanted.dataset is None:
            return []
        salt = fingerprint_salt(self._store)
        mine = hash_words(salt, question)
        found: list[Shot] = []
        others = (
            example
            for example in self._ordered(manifest, wanted.dataset, question)
            if not _same(mine, hash_words(salt, _content(example).question))
        )
        for example in islice(others, _TRIED * wanted.count):
            shot = self._shot(domain_id, manifest, example, filters)
            found += [shot] if shot is not None else []
            if len(found) == wanted.count:
                break
        return found[::-1]

    def _ordered(self, manifest: Manifest, dataset: str, question: str) -> list[Example]:
        """Return the examples that have an answer, in the order in which they are wanted."""
        examples = [
            example
            for example in usable_examples(self._store, dataset, SPLIT)
            if isinstance(example.content, QuestionContent) and example.content.answers
        ]
        if not examples or manifest.shots.choice == "fixed":
            return sorted(examples, key=lambda example: sha256(example.key.encode()))
        encoder = self._retriever.encoders.encoder_for(manifest.space_id)
        vectors = self._encoded(dataset, encoder, [_content(example).question for example in examples])
        cosines = vectors @ encoder.encode_queries([question])[0]
        return [examples[int(place)] for place in (-cosines).argsort(kind="stable")]

    def _encoded(self, dataset: str, encoder: Encoder, asked: list[str]) -> Vectors:
        """Return the vectors of the questions of a data set, which are kept until an example is taken from it."""
        key = (dataset, encoder.space_id, sha256("\n".join(asked).encode()))
        with self._changing:
            if key in self._vectors:
                self._vectors.move_to_end(key)
                return self._vectors[key]
        vectors = encoder.encode_queries(asked)
        with self._changing:
            self._vectors[key] = vectors
            while len(self._vectors) > _KEPT:
                self._vectors.popitem(last=False)
        return vectors

    def _shot(self, domain_id: str, manifest: Manifest, example: Example, filters: Filter | None) -> Shot | None:
        content = _content(example)
        for document in example.documents:
            try:
                external_id = get_document(self._store, domain_id, document).external_id
            except NotFoundError:
                continue
            own: Filter = Comparison(type="eq", key="external_id", value=external_id)
            both = own if filters is None else Compound(type="and", filters=[own, filters])
            asked = Request(f"{content.question} {content.answers[0]}", _HITS, filters=both)
            for hit in self._retriever.search(domain_id, manifest.search_plan, asked).hits:
                answer = next((each for each in content.answers if _holds(hit, each)), None)
                if answer is not None:
                    context = Context(hit.passage.heading, hit.passage.body)
                    return Shot(example.key, content.question, answer, context)
        return None


def with_dataset(store: Store, domain_id: str, manifest: Manifest) -> Manifest:
    """Return the manifest with the id of the data set that its shots come from, if it has some.

    Raises `InvalidInputError` if it names none, `NotFoundError` if the domain has none of that name.
    """
    shots = manifest.shots
    if not shots.count:
        return manifest
    if shots.dataset is None:
        message = "Shots come from a data set: name one, shots.dataset=NAME."
        raise InvalidInputError(message, param="shots.dataset")
    dataset = get_dataset(store, domain_id, shots.dataset)
    return manifest.model_copy(update={"shots": shots.model_copy(update={"dataset": dataset.id})})


def check_bank(store: Store, manifest: Manifest) -> None:
    """Raise `ConflictError` if the data set is gone that a release takes its shots from."""
    shots = manifest.shots
    if shots.count and shots.dataset is not None and not has_dataset(store, shots.dataset):
        message = (
            f"The release shows examples of the data set {shots.dataset}, which was deleted. Make one that names "
            "another (shots.dataset=NAME) or shows none (shots.count=0)."
        )
        raise ConflictError(message, code="shots_deleted", param="shots.dataset")


def delete_bank(store: Store, domain_id: str, name_or_id: str) -> Dataset:
    """Delete a data set and return what it was.

    Raises `ConflictError` if the active release takes its shots from it: it would go on without, and nobody would know.
    """
    dataset = get_dataset(store, domain_id, name_or_id)
    release = typed(active_release(store, domain_id))
    shots = release.manifest.shots
    if shots.count and shots.dataset == dataset.id:
        message = (
            f"The active release {release.id} shows examples of the data set {dataset.name!r}. Promote a release "
            "without them first (tandem release create shots.count=0), then delete it."
        )
        raise ConflictError(message, code="dataset_in_use", param="dataset")
    return delete_dataset(store, domain_id, dataset.id)


def _content(example: Example) -> QuestionContent:
    if not isinstance(example.content, QuestionContent):
        raise TypeError("an example without a question")
    return example.content


def _holds(hit: Hit, answer: str) -> bool:
    return answer.casefold() in hit.passage.body.casefold()


def _same(one: frozenset[int], other: frozenset[int]) -> bool:
    return len(one & other) >= _SAME * max(1, len(one | other))
