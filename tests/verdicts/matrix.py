"""The 24 logins × 9 targets that were recorded from Harbor 2.15.2, with the verdict that each of them deserves.

The verdicts follow from what each login is and what stands at each target, not from what the program says:

- who may pull is served, refused for a policy, or told what is not there;
- whom Harbor knows without the right is not a member, a robot of another project, or has rights without pull;
- whom Harbor does not know is refused, and only Harbor's API tells why; the wire gives the same 401 to all of them;
- a missing project is told to anybody, and no login would help;
- a public project serves everybody, so a wrong login is nothing that could be blamed there.
"""

from dataclasses import dataclass
from typing import Any

from tests import builders as b
from tests.demo_harbor.test_recorded_matrix import ROWS, TARGETS, login_of

HOST = "harbor.demo.test"
RUNTIMES = ("1.6", "1.7", "2.1")
PASSES = "HD000"

VERDICTS = """
login                                 | existing    | missing tag | missing repo | missing project | cosign-blocked | vuln-blocked | public | nested repo | gone from storage
guest (good)                          | passes      | HD503       | HD502        | HD501           | HD603          | HD602        | passes | passes      | HD506
limitedGuest (good)                   | passes      | HD503       | HD502        | HD501           | HD603          | HD602        | passes | passes      | HD506
developer (good)                      | passes      | HD503       | HD502        | HD501           | HD603          | HD602        | passes | passes      | HD506
maintainer (good)                     | passes      | HD503       | HD502        | HD501           | HD603          | HD602        | passes | passes      | HD506
projectAdmin (good)                   | passes      | HD503       | HD502        | HD501           | HD603          | HD602        | passes | passes      | HD506
sysadmin                              | passes      | HD503       | HD502        | HD501           | HD603          | HD602        | passes | passes      | HD506
project robot, pull                   | passes      | HD503       | HD502        | HD501           | HD402          | HD402        | passes | passes      | HD506
project robot, pull+push              | passes      | HD503       | HD502        | HD501           | HD402          | HD402        | passes | passes      | HD506
system robot, pull on team            | passes      | HD503       | HD502        | HD501           | HD402          | HD402        | passes | passes      | HD506
system robot, pull on *               | passes      | HD503       | HD502        | HD501           | HD603          | HD602        | passes | passes      | HD506
system robot, push only               | HD403       | HD403       | HD403        | HD501           | HD402          | HD402        | passes | HD403       | HD403
stranger (valid user, no membership)  | HD401       | HD401       | HD401        | HD501           | HD401          | HD401        | passes | HD401       | HD401
robot of another project              | HD402       | HD402       | HD402        | HD501           | HD402          | HD402        | passes | HD402       | HD402
wrong password (guest1)               | HD301       | HD301       | HD301        | HD501           | HD301          | HD301        | passes | HD301       | HD301
unknown user                          | HD301       | HD301       | HD301        | HD501           | HD301          | HD301        | passes | HD301       | HD301
robot, wrong secret                   | HD301       | HD301       | HD301        | HD501           | HD301          | HD301        | passes | HD301       | HD301
robot, rotated (old secret)           | HD301       | HD301       | HD301        | HD501           | HD301          | HD301        | passes | HD301       | HD301
robot, disabled                       | HD301/HD303 | HD301/HD303 | HD301/HD303  | HD501           | HD301/HD303    | HD301/HD303  | passes | HD301/HD303 | HD301/HD303
robot, expired                        | HD301/HD302 | HD301/HD302 | HD301/HD302  | HD501           | HD301/HD302    | HD301/HD302  | passes | HD301/HD302 | HD301/HD302
robot, deleted                        | HD301/HD304 | HD301/HD304 | HD301/HD304  | HD501           | HD301/HD304    | HD301/HD304  | passes | HD301/HD304 | HD301/HD304
robot name never existed              | HD301/HD304 | HD301/HD304 | HD301/HD304  | HD501           | HD301/HD304    | HD301/HD304  | passes | HD301/HD304 | HD301/HD304
robot name cut by the shell ("robot") | HD110       | HD110       | HD110        | HD501           | HD301          | HD301        | passes | HD110       | HD110
empty password (guest1)               | HD107       | HD107       | HD107        | HD501           | HD107          | HD107        | passes | HD107       | HD107
none                                  | HD101       | HD101       | HD101        | HD501           | HD101          | HD101        | passes | HD101       | HD101
"""  # noqa: E501
"""`without an operator's login/with one`, where the two differ. The cut name is proven by the full one with the
project of the image, which is no robot's of `signed` and `vuln`: there the name is refused either way.
"""

CAUSES = {
    "HD000": "unknown_ambiguous",
    "HD101": "no_credentials",
    "HD107": "no_credentials",
    "HD110": "bad_credentials",
    "HD301": "bad_credentials",
    "HD302": "bad_credentials",
    "HD303": "bad_credentials",
    "HD304": "bad_credentials",
    "HD401": "no_permission",
    "HD402": "no_permission",
    "HD403": "no_permission",
    "HD501": "not_found_project",
    "HD502": "not_found_repository",
    "HD503": "not_found_tag",
    "HD506": "not_found_tag",
    "HD602": "policy_vulnerability",
    "HD603": "policy_signature",
}

SUBJECTS = {
    "HD000": ("workload", "{pod}"),
    "HD101": ("ServiceAccount", "default"),
    "HD107": ("Secret", "{secret}"),
    "HD110": ("Secret", "{secret}"),
    "HD301": ("Secret", "{secret}"),
    "HD302": ("Secret", "{secret}"),
    "HD303": ("Secret", "{secret}"),
    "HD304": ("Secret", "{secret}"),
    "HD401": ("login", "{user}@{host}/{project}"),
    "HD402": ("robot", "{user}@{host}/{project}"),
    "HD403": ("robot", "{user}@{host}/{project}"),
    "HD501": ("project", "{host}/{project}"),
    "HD502": ("repository", "{host}/{repository}"),
    "HD503": ("tag", "{host}/{repository}:{tag}"),
    "HD506": ("image", "{host}/{repository}:{tag}"),
    "HD602": ("image", "{host}/{repository}:{tag}"),
    "HD603": ("image", "{host}/{repository}:{tag}"),
}
"""Kind and name of what has to be mended."""

REASONS = {
    "wrong password (guest1)": ("a wrong password, or no such user",) * 2,
    "unknown user": ("a wrong password, or no such user",) * 2,
    "robot, wrong secret": ("(a Harbor login would tell)", "the password is not its own"),
    "robot, rotated (old secret)": ("(a Harbor login would tell)", "the password is not its own"),
    "robot, disabled": ("(a Harbor login would tell)", ""),
    "robot, expired": ("(a Harbor login would tell)", ""),
    "robot, deleted": ("(a Harbor login would tell)", ""),
    "robot name never existed": ("(a Harbor login would tell)", ""),
    'robot name cut by the shell ("robot")': ("a wrong password, or no such user",) * 2,
}
"""What HD301 says of the reason, without an operator's login and with one."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One login at one target."""

    login: str
    target: str
    secret: str
    """Name of the pull secret; empty for the pod without one."""
    user: str
    password: str
    repository: str
    tag: str
    recorded: dict[str, Any]
    """Harbor's answer to GET with the token of this login."""
    without: str
    """The verdict without an operator's login."""
    with_operator: str

    @property
    def image(self) -> str:
        return f"{HOST}/{self.repository}:{self.tag}"

    @property
    def sends(self) -> bool:
        """A login goes over the wire: an empty one is as good as none."""
        return bool(self.user and self.password)

    def verdict(self, operator: bool) -> str:
        return self.with_operator if operator else self.without

    def says(self, runtime: str) -> str:
        """What a kubelet writes for Harbor's answer; for an image that is served, what it wrote before it was."""
        status = self.recorded["status"]
        if status == 404:
            return b.not_found(self.image, runtime)
        if status == 412:
            return b.answered(self.image, "412 Precondition Failed", runtime)
        if runtime == "1.6" or self.sends or self.target == "missing project":
            return b.unauthorized(self.image, runtime)
        return b.nothing_sent(self.image, runtime)


def cells() -> tuple[Cell, ...]:
    head, *lines = ([part.strip() for part in line.split("|")] for line in VERDICTS.strip().splitlines())
    assert head[1:] == list(TARGETS)
    assert [line[0] for line in lines] == [row["login"] for row in ROWS]
    return tuple(
        _cell(row, number, target, verdict)
        for number, (row, line) in enumerate(zip(ROWS, lines, strict=True))
        for target, verdict in zip(TARGETS, line[1:], strict=True)
    )


def _cell(row: dict[str, Any], number: int, target: str, verdict: str) -> Cell:
    user, password = login_of(row) or ("", "")
    where = row["targets"][target]
    without, _, with_operator = verdict.replace("passes", PASSES).partition("/")
    secret = f"pull-{number}" if user else ""
    return Cell(
        row["login"], target, secret, user, password, where["repository"], where["reference"], where["get"],
        without, with_operator or without,
    )  # fmt: skip


CELLS = cells()
