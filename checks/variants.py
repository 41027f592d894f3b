"""Logins with a visible fault, and what they were meant to be."""

from collections.abc import Iterator
from dataclasses import replace

from checks.credentials import Entry, Login
from checks.facts import Fact, HarborView, Robot
from checks.image import ImageRef


def changed_logins(
    login: Login, image: ImageRef, entry: Entry | None = None, view: HarborView | None = None
) -> Iterator[tuple[str, Login]]:
    """Yield (kind, login) for each single change that would undo a fault one can see in the login.

    `white_space`: without white space at the ends. `robot_dollar`: Harbor's `robot$project+name` where a shell has
    eaten `$project`; the project can only be the image's own. `username_password`: what stands beside `auth` in its
    `entry`. `robot_prefix`: the name that Harbor's API (`view`) shows the robot under now.
    """
    bare = replace(login, username=login.username.strip(), password=login.password.stripped())
    if bare.username != login.username or login.password.padded():
        yield "white_space", bare
    head, plus, name = login.username.partition("+")
    if head == "robot" and plus and name and image.project:
        yield "robot_dollar", replace(login, username=f"robot${image.project}+{name}")
    if entry is not None and entry.beside is not None:
        yield "username_password", entry.beside
    robot = view.robot.value if view is not None and isinstance(view.robot, Fact) else None
    if isinstance(robot, Robot) and robot.name != login.username:
        yield "robot_prefix", replace(login, username=robot.name)
