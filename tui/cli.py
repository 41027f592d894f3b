"""The console script. Imports nothing heavy until it must: `--version` is answered before even click."""

import sys


def main() -> None:
    """Run the command line; exits the process."""
    if sys.argv[1:] == ["--version"]:
        from checks import __version__

        sys.stdout.write(f"harbor-doctor {__version__}\n")
        raise SystemExit(0)
    from tui.heap import begin_loading, tune_heaps
    from tui.sealing import seal_memory

    begin_loading()
    tune_heaps()
    seal_memory()
    from tui.commands import group
    from tui.exits import leave, run

    leave(run(group))


if __name__ == "__main__":
    main()
