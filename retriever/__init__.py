"""From documents to ranked passages. It knows the store below it, and nothing of answers, training or HTTP."""

import sys

# `import openvino` sends an event to an address of Google Analytics through this package, unless it cannot be imported.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
