"""One dead login that stands in several Secrets is one problem: the login is mended, wherever it stands.

What Harbor's API tells of a robot account (expired, disabled, gone) holds for every Secret that names it. A login that
is merely refused is the same one only where its password is the same too.
"""

from collections import Counter, defaultdict

from checks.credentials import Login
from checks.model import Diagnosis, Subject
from checks.rules.base import blamed

Key = tuple[str, Subject, str]
"""Code, subject, and what else tells two problems apart."""
Rows = dict[Key, list[Diagnosis]]
_Who = tuple[str, Subject, Login | None]

_ROBOTS = ("HD302", "HD303", "HD304")
_REFUSED = "HD301"


def joined(rows: Rows) -> Rows:
    """Return the rows, those put together under the login (kind `login`, USER@REGISTRY) that are about one login."""
    alike: defaultdict[_Who, list[Key]] = defaultdict(list)
    for key, members in rows.items():
        if (who := _who(key, members)) is not None:
            alike[who].append(key)
    # Two passwords of one user would be two problems of one name: they stay apart, by their Secrets.
    names = Counter((code, subject) for code, subject, _ in alike)
    together = {who: keys for who, keys in alike.items() if len(keys) > 1 and names[who[0], who[1]] == 1}
    found = {key: who for who, keys in together.items() for key in keys}
    result: Rows = {}
    for key, members in rows.items():
        result.setdefault(_place(key, found.get(key)), []).extend(members)
    return result


def _place(key: Key, who: _Who | None) -> Key:
    return key if who is None else (who[0], who[1], "")


def _who(key: Key, members: list[Diagnosis]) -> _Who | None:
    """The one login that all members of a row blame; None where there are several, or the code is not of logins."""
    code = key[0]
    if code not in (_REFUSED, *_ROBOTS):
        return None
    found = {_blamed(code, member) for member in members}
    only = found.pop()
    return only if not found else None


def _blamed(code: str, diagnosis: Diagnosis) -> _Who | None:
    trial, image = blamed(diagnosis.evidence), diagnosis.evidence.image
    if trial is None or trial.login is None or image is None:
        return None
    subject = Subject("login", "", f"{trial.login.username}@{image.registry}")
    return code, subject, trial.login if code == _REFUSED else None
