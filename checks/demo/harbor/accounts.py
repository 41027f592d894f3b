"""Users, members and robots: what scenarios, tests and the API change about them."""

import secrets
import string
from collections.abc import Iterable
from dataclasses import replace

from checks.credentials import Password
from checks.demo.harbor.entities import NEVER, Access, Grant, Member, Project, Robot, Role, User
from checks.demo.harbor.tables import DAY, Tables


def new_secret() -> str:
    """Return 32 random letters and digits with at least one of each kind, as Harbor makes them."""
    letters = string.ascii_letters + string.digits
    return "Aa1" + "".join(secrets.choice(letters) for _ in range(29))


def pull_grant(project: str, *actions: str) -> Grant:
    """Return a permission block with repository rights (`pull` unless said) on one project, or on `*`."""
    return Grant("project", project, tuple(Access("repository", action) for action in actions or ("pull",)))


class Accounts(Tables):
    """Everybody who may log in."""

    robot_prefix: str = "robot$"
    """Robot names are shown, and matched, with this prefix; changing it breaks every robot's old name."""

    def add_user(
        self, name: str, password: str, *, email: str = "", admin: bool = False, cli_secret: str | None = None
    ) -> User:
        """Add a user. `cli_secret` is the docker login of OIDC mode."""
        with self.guard:
            cli = None if cli_secret is None else Password(cli_secret)
            number, mail = self.next_id("user"), email or f"{name}@demo.test"
            user = User(number, name, mail, Password(password), admin, self.clock(), cli)
            self.users[number] = user
            return user

    def user(self, name: str) -> User:
        """Return a user by name (case counts) or e-mail address; KeyError if there is none."""
        with self.guard:
            for user in self.users.values():
                if name in (user.name, user.email):
                    return user
        raise KeyError(name)

    def set_password(self, name: str, password: str) -> None:
        """Change a user's password."""
        self._update_user(name, password=Password(password))

    def kill_cli_secret(self, name: str) -> None:
        """Let a user's OIDC session expire: the CLI secret is refused from now on."""
        self._update_user(name, cli_alive=False)

    def _update_user(self, name: str, **changes: object) -> None:
        with self.guard:
            user = self.user(name)
            self.users[user.id] = replace(user, **changes)  # type: ignore[arg-type]

    def delete_user(self, name: str) -> None:
        """Delete a user with all memberships."""
        with self.guard:
            user = self.users.pop(self.user(name).id)
            self.members = {key: m for key, m in self.members.items() if m.user_id != user.id}

    def add_member(self, project: str, user: str, role: Role = Role.LIMITED_GUEST) -> Member:
        """Give a user a role in a project, instead of the one it had."""
        with self.guard:
            self.remove_member(project, user)
            number = self.next_id("member")
            member = Member(number, self.project(project).id, self.user(user).id, int(role))
            self.members[number] = member
            return member

    def remove_member(self, project: str, user: str, *, by: str = "", days_ago: float = 0.0) -> None:
        """Take a user out of a project; nothing happens if it is not in it. With `by` the audit log has it."""
        with self.guard:
            pair = (self.project(project).id, self.user(user).id)
            if by:
                self.note_member("delete", self.project(project), user, by, days_ago)
            self.members = {key: m for key, m in self.members.items() if (m.project_id, m.user_id) != pair}

    def role(self, project: Project, user: User) -> Role | None:
        """Return the user's role in the project, or None."""
        with self.guard:
            for member in self.members.values():
                if (member.project_id, member.user_id) == (project.id, user.id):
                    return Role(member.role) if member.role in set(Role) else None
        return None

    def add_robot(
        self,
        name: str,
        project: str | None = None,
        *,
        secret: str | None = None,
        actions: Iterable[str] = ("pull",),
        grants: tuple[Grant, ...] | None = None,
        duration: int = NEVER,
        disabled: bool = False,
        description: str = "",
        age_days: float = 0.0,
    ) -> Robot:
        """Add a robot: of `project`, or at system level with `grants`. Its secret: `robot.secret.reveal()`.

        `actions`: repository rights where no `grants` are given. `duration` in days from creation, `age_days` ago.
        """
        with self.guard:
            born = self.clock() - age_days * DAY
            robot = Robot(
                id=self.next_id("robot"),
                name=f"{project}+{name}" if project else name,
                level="project" if project else "system",
                project_id=self.project(project).id if project else 0,
                secret=Password(secret or new_secret()),
                grants=(pull_grant(project or "*", *actions),) if grants is None else grants,
                created=born,
                updated=born,
                duration=duration,
                expires_at=expiry(born, duration),
                disabled=disabled,
                description=description,
            )
            self.robots[robot.id] = robot
            return robot

    def robot_name(self, robot: Robot) -> str:
        """Return the full name with the prefix of today, as a login uses it."""
        return self.robot_prefix + robot.name

    def robot(self, name: str) -> Robot:
        """Return a robot by its full name or by its name as stored; KeyError if there is none."""
        short = name.removeprefix(self.robot_prefix)
        with self.guard:
            for robot in self.robots.values():
                if robot.name == short:
                    return robot
        raise KeyError(name)

    def update_robot(self, name: str, **changes: object) -> Robot:
        """Replace fields of a robot, e.g. `update_robot("shop+pull", grants=(...))`; returns the new one."""
        with self.guard:
            robot = replace(self.robot(name), updated=self.clock(), **changes)  # type: ignore[arg-type]
            self.robots[robot.id] = robot
            return robot

    def disable_robot(self, name: str) -> None:
        """Disable a robot."""
        self.update_robot(name, disabled=True)

    def enable_robot(self, name: str) -> None:
        """Enable a robot again."""
        self.update_robot(name, disabled=False)

    def expire_robot(self, name: str, days_ago: float = 1.0, duration: int = 30) -> None:
        """Make a robot one that was created for `duration` days and ran out `days_ago` (negative: will do so)."""
        born = self.clock() - (duration + days_ago) * DAY
        self.update_robot(name, created=born, duration=duration, expires_at=expiry(born, duration))

    def rotate_robot(self, name: str, secret: str | None = None) -> Robot:
        """Give a robot a new secret; the old one is refused at once."""
        return self.update_robot(name, secret=Password(secret or new_secret()))

    def delete_robot(self, name: str, *, by: str = "", days_ago: float = 0.0) -> None:
        """Delete a robot. With `by` the audit log has it."""
        with self.guard:
            robot = self.robots.pop(self.robot(name).id)
            if by:
                self.note("delete", "robot", self.robot_name(robot), by, robot.project_id, days_ago=days_ago)


def expiry(born: float, duration: int) -> int:
    """Return `expires_at` for a creation time and a duration in days."""
    return NEVER if duration == NEVER else int(born) + duration * DAY
