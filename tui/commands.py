"""The command line: commands, arguments and options. Each command's work is imported when it runs."""

from typing import Any

import click

from tui.heap import loaded
from tui.options import confirm_option, connection_options, output_option


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="harbor-doctor", message="harbor-doctor %(version)s")
@connection_options
@click.pass_context
def group(ctx: click.Context, /, **options: Any) -> None:
    """Find pods stuck in ImagePullBackOff, see why Harbor refuses them, and mend it with one key.

    Without a command the console opens. The commands below do the same without a screen: data on stdout,
    words on stderr.
    """
    ctx.obj = options
    if ctx.invoked_subcommand is None:
        from tui.start import console

        ctx.exit(console(options))
    loaded()


@group.command("scan")
@connection_options
@output_option("table", "json")
@click.pass_obj
def scan(parent: dict[str, Any], /, output: str, **options: Any) -> int:
    """Look for failing pulls and explain each."""
    from tui.headless import scan as work

    return work(parent, options, output)


@group.command("explain")
@click.argument("message", nargs=-1)
@click.option("--json-lines", is_flag=True, help='One JSON string or {"message"} a line in, one answer out.')
@output_option("text", "json")
def explain(message: tuple[str, ...], json_lines: bool, output: str) -> int:
    """Read a kubelet's message, a pod's JSON, `kubectl describe` output, or a code such as HD301.

    Reads standard input where MESSAGE is `-` or missing. Asks nothing of any cluster or registry.
    """
    from tui.explain import explain as work

    return work(" ".join(message), json_lines, output)


@group.command("secrets")
@click.option("-f", "--file", "files", multiple=True, help="Secret manifests, YAML or JSON; - for stdin.")
@click.option("--image", help="The image reference to match them with.")
@click.option("--reveal", is_flag=True, help="Show passwords.")
@click.option("--json-lines", is_flag=True, help='One {"image", "secrets"} a line in, one answer a line out.')
@output_option("table", "json")
def secrets(files: tuple[str, ...], image: str | None, reveal: bool, json_lines: bool, output: str) -> int:
    """Show which logins the kubelet would send for an image, offline."""
    from tui.secrets import secrets as work

    return work(files, image, reveal, json_lines, output)


@group.command("plan")
@click.argument("problem", required=False)
@connection_options
@output_option("table", "json")
@click.pass_obj
def plan(parent: dict[str, Any], /, problem: str | None, output: str, **options: Any) -> int:
    """Show every plan of a problem, or of all: what would change, what it needs, what it asks."""
    from tui.mending import plan as work

    return work(parent, options, problem, output)


@group.command("fix")
@click.argument("problem")
@click.option("--plan", "plan_id", help="Which plan; default: the best one.")
@click.option("--dry-run", is_flag=True, help="Show the plan and let the API server check it; write nothing.")
@click.option("--yes", is_flag=True, help="Answer the plan's question with yes.")
@confirm_option
@click.option("--wait", default="6m", show_default=True, help="How long to wait for the pods to pull; 0: do not.")
@click.option("--username", help="A new login: its user name.")
@click.option("--password-stdin", is_flag=True, help="A new login: its password, from standard input.")
@click.option("--server", help="A new login: the registry key; default: the image's registry.")
@click.option(
    "--export", metavar="FOLDER", help="Write the plan as files for Git instead, - for stdout; no password in them."
)
@click.option("--disable-old", is_flag=True, help="Disable a replaced robot account once the pods have pulled.")
@connection_options
@output_option("table", "json")
@click.pass_obj
def fix(parent: dict[str, Any], /, problem: str, output: str, **options: Any) -> int:
    """Mend one problem (CODE:SUBJECT as scan prints it) and wait until its pods have pulled."""
    from tui.mending import fix as work

    return work(parent, options, problem, output)


@group.command("probe")
@click.argument("problem")
@click.option("--pod", metavar="NAMESPACE/NAME", help="Which of its pods; default: the first on a node.")
@click.option("--wait", default="3m", show_default=True, help="How long to wait for the node's answer.")
@click.option("--dry-run", is_flag=True, help="Show the pod and let the API server check it; write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@confirm_option
@connection_options
@output_option("text", "json")
@click.pass_obj
def probe(parent: dict[str, Any], /, problem: str, output: str, **options: Any) -> int:
    """Ask the node itself: a short-lived pod pulls a failing image there, as shown first, and is deleted."""
    from tui.probe import probe as work

    return work(parent, options, problem, output)


@group.command("onboard")
@click.argument("namespace")
@click.option("--project", required=True, help="The Harbor project to pull from; made (private) if absent.")
@click.option("--robot", is_flag=True, help="Pull with a robot account made for this (the default).")
@click.option("--user", help="Pull as this user, who becomes a limited guest of the project.")
@click.option("--password-stdin", is_flag=True, help="With --user: the user's password, from standard input.")
@click.option("--registry", help="Harbor's host; default: the one that the login for Harbor is for.")
@click.option("--secret", default="harbor-pull", show_default=True, help="The Secret that gets the login.")
@click.option("--service-account", default="default", show_default=True, help="Whose pods are to pull.")
@click.option("--dry-run", is_flag=True, help="Show what would be done; write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@confirm_option
@connection_options
@output_option("text", "json")
@click.pass_obj
def onboard(parent: dict[str, Any], /, namespace: str, output: str, **options: Any) -> int:
    """Let a namespace pull from a Harbor project: project, robot or member, Secret, ServiceAccount, test pull."""
    from tui.onboarding import onboard as work

    return work(parent, options, namespace, output)


@group.command("undo")
@click.argument("receipt", required=False)
@click.option("--list", "listing", is_flag=True, help="List what can be undone.")
@click.option("--prune", is_flag=True, help="Remove receipts: they cannot be undone afterwards.")
@click.option("--dry-run", is_flag=True, help="Show what would be put back; write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@confirm_option
@connection_options
@output_option("table", "json")
@click.pass_obj
def undo(parent: dict[str, Any], /, receipt: str | None, output: str, **options: Any) -> int:
    """Take a repair back: the last one, or the one of this receipt."""
    from tui.mending import undo as work

    return work(parent, options, receipt, output)


@group.command("demo")
@click.option("--directory", default="harbor-doctor-demo", show_default=True, help="Where to write the kubeconfig.")
def demo(directory: str) -> int:
    """Serve a pretend cluster and Harbor until stopped, for other processes to work on."""
    from tui.start import serve_demo

    return serve_demo(directory)


@group.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script for a shell."""
    from tui.start import completion as work

    return work(group, shell)
