"""A process that explains failing pods and says how long it took: `python -m tests.bench.asking all | one INDEX`.

Prints one line of JSON: seconds of the verdicts alone (connecting and finding left out), and how many problems.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from checks.doctor import Doctor
from checks.scan import Scan
from checks.settings import Settings


def settings_from(environment: Mapping[str, str]) -> Settings:
    """The settings that the environment of a ground stands for."""
    host, _, address = environment["HARBOR_DOCTOR_RESOLVE"].partition("=")
    return Settings(
        kubeconfig=environment["KUBECONFIG"],
        registry_ca=Path(environment["HARBOR_DOCTOR_REGISTRY_CA"]),
        resolve={host: address},
        state_dir=Path(environment["XDG_STATE_HOME"]),
    )


def main(arguments: list[str]) -> None:
    """Explain all, or the first pull of the namespace with this index alone."""
    stop, doctor = threading.Event(), Doctor(settings_from(os.environ))
    doctor.connect()
    *_, scan = doctor.find(stop)
    if arguments[0] == "one":
        scan = _first_of(scan, int(arguments[1]))
    began = time.monotonic()
    report = doctor.diagnose(scan, stop)
    took = time.monotonic() - began
    print(json.dumps({"seconds": took, "problems": len(report.problems), "pulls": len(scan.pulls)}))  # noqa: T201
    doctor.close()


def _first_of(scan: Scan, index: int) -> Scan:
    spaces = sorted({pull.namespace for pull in scan.pulls})
    return replace(scan, pulls=tuple(pull for pull in scan.pulls if pull.namespace == spaces[index])[:1])


if __name__ == "__main__":
    main(sys.argv[1:])
