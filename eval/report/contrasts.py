"""Arms compared question by question, and how far a difference may be believed that was looked for in many places.

Named contrasts, those with the arm that is served now and with `rag`, are corrected together by Holm's method; any
other pair is exploratory and pays for all pairs. Both pay for each time that these questions were measured before.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from eval.report.model import Comparison
from eval.runner import Record
from eval.settings import EvalSettings
from eval.significance import bootstrap_mean, holm, sign_flip_p
from generator.arms import DEFAULT_ARM

REFERENCE = DEFAULT_ARM
_BOUNDS = (-1.0, 1.0)  # of the difference of two scores


def compare_arms(
    records: Sequence[Record], order: Sequence[str], active: str, metric: str, settings: EvalSettings, looks: int
) -> list[Comparison]:
    """Return a comparison for every two arms, the later in `order` with the earlier.

    `low` and `high` are the ends of the 95 % interval of this difference alone, `p` its p-value; `p_adjusted` is
    corrected and is what decides.
    """
    compared = []
    for against, arm in combinations(order, 2):
        differences, clusters = paired(records, arm, against, metric)
        interval = bootstrap_mean(differences, clusters, settings.resamples, settings.seed, _BOUNDS)
        named = {arm, against} & {active, REFERENCE}
        compared.append(
            Comparison(
                arm=arm,
                against=against,
                metric=metric,
                difference=interval.mean,
                low=interval.low,
                high=interval.high,
                p=sign_flip_p(differences, clusters, settings.resamples, settings.seed),
                kind="named" if named else "exploratory",
            )
        )
    return adjusted(compared, looks)


def adjusted(compared: Sequence[Comparison], looks: int) -> list[Comparison]:
    """Return the comparisons with their p-values corrected for each other and for the looks at these questions."""
    corrected = iter(holm([_p(each) for each in compared if each.kind == "named"]))
    found = []
    for each in compared:
        p = next(corrected) if each.kind == "named" else _p(each) * len(compared)
        found.append(each.model_copy(update={"p_adjusted": min(1.0, p * looks)}))
    return found


def _p(compared: Comparison) -> float:
    return 1.0 if compared.p is None else compared.p


def paired(records: Sequence[Record], arm: str, against: str, metric: str) -> tuple[list[float], list[str]]:
    """Return the differences of two arms per question, and the cluster of each; a score that is missing is 0."""
    mine = {record.key: record for record in records if record.arm == arm}
    other = {record.key: record for record in records if record.arm == against}
    keys = [key for key in mine if key in other]
    differences = [(mine[key].scores[metric] or 0.0) - (other[key].scores[metric] or 0.0) for key in keys]
    return differences, [mine[key].cluster for key in keys]
