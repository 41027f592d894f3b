"""Two worlds that are alike to the last UID, each the cluster of one context of one kubeconfig."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.headless.ground import Ground
from tests.headless.tool import Tool

EU, US = "prod-eu", "prod-us"
NOWHERE = "https://127.0.0.1:9"


def joined(path: Path, made: Mapping[str, Path]) -> Path:
    """Write the kubeconfig whose contexts are those of the files, each called by its key here."""
    parts: dict[str, list[dict[str, Any]]] = {"clusters": [], "users": [], "contexts": []}
    for name, file in made.items():
        config = json.loads(file.read_text())
        context = {**config["contexts"][0]["context"], "cluster": name, "user": name}
        parts["clusters"].append({"name": name, "cluster": config["clusters"][0]["cluster"]})
        parts["users"].append({"name": name, "user": config["users"][0]["user"]})
        parts["contexts"].append({"name": name, "context": context})
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": next(iter(made)), **parts}))
    return path


def changed(path: Path, context: str, **settings: Any) -> None:
    """Change a context's settings of ours (`read-only`), or with `server` where its cluster is."""
    config = json.loads(path.read_text())
    if server := settings.pop("server", None):
        (entry,) = (each for each in config["clusters"] if each["name"] == context)
        entry["cluster"]["server"] = server
    (entry,) = (each for each in config["contexts"] if each["name"] == context)
    ours = entry["context"].setdefault("extensions", [{"name": "harbor-doctor", "extension": {}}])
    ours[0]["extension"].update({name.replace("_", "-"): value for name, value in settings.items()})
    path.write_text(json.dumps(config))


class Twins:
    """Both worlds, started together."""

    def __init__(self, folder: Path, *codes: str, between: bool = False, still: bool = True) -> None:
        self.folder = folder
        self.eu, self.us = (Ground(folder / name, *codes, between=between, still=still) for name in (EU, US))
        self._stack = ExitStack()

    def __enter__(self) -> "Twins":
        for ground in (self.eu, self.us):
            self._stack.enter_context(ground)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def kubeconfig(self, user: str = "admin", us_user: str = "", name: str = "config") -> Path:
        """The joined kubeconfig; `us_user`: somebody else in the second cluster."""
        made = {
            EU: Path(self.eu.tool(user).environment["KUBECONFIG"]),
            US: Path(self.us.tool(us_user or user).environment["KUBECONFIG"]),
        }
        return joined(self.folder / name, made)

    def tool(self, path: Path | None = None) -> Tool:
        """The program with the joined kubeconfig."""
        return Tool(self.folder / "home", {"KUBECONFIG": str(path or self.kubeconfig())})
