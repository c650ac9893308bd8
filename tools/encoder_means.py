"""Write the mean vectors that are taken from those of a named encoder.

usage: python -m tools.encoder_means NAME --cjk TEXTS --other TEXTS, each a JSON Lines file with passages as `text`.

Every second passage is read; a passage begins with its title if it has one.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from retriever.models.centred_encoder import MEANS
from retriever.models.encoder_files import EncoderFiles, default_cache
from retriever.models.known_encoders import KNOWN_ENCODERS
from retriever.models.openvino_encoder import OpenVinoEncoder
from retriever.settings import RetrieverSettings
from retriever.weights import shipped


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted(KNOWN_ENCODERS))
    parser.add_argument("--cjk", type=Path, required=True)
    parser.add_argument("--other", type=Path, required=True)
    options = parser.parse_args()
    known = KNOWN_ENCODERS[options.name]
    files = EncoderFiles.read(known.folder(default_cache()), known.identity)
    encoder = OpenVinoEncoder(files, RetrieverSettings(precision="f32"))
    means = {}
    for language, path in (("other", options.other), ("cjk", options.cjk)):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][::2]
        texts = [f"{row.get('title') or ''}\n{row['text']}".strip() for row in rows]
        means[language] = encoder.encode_passages(texts).mean(axis=0).round(5).tolist()
        print(language, len(texts))
    (shipped(known.name) / MEANS).write_text(json.dumps(means) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
