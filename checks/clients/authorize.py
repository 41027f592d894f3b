"""Puts a login or a token on a request, at the last moment: nothing that is kept or shown holds it in the clear.

Basic: RFC 7617. A form: distribution spec, "OAuth2 token authentication", with the grants of RFC 6749, 4.3 and 6.
"""

import base64
from collections.abc import Mapping
from urllib.parse import urlencode

import requests
import requests.auth

from checks.credentials import Login

FORM = "application/x-www-form-urlencoded"


class Hidden(str):
    """Text whose `repr` shows nothing: what holds a login may end up in a traceback's variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Hidden(••••••)"


class Authorization(requests.auth.AuthBase):
    """Puts a login or a token on the request, and nothing where there is neither; with a `form`, the login goes there.

    `form`: the fields to be posted, without the secret one.
    """

    def __init__(self, login: Login | None, token: str, form: Mapping[str, str] | None = None) -> None:
        self._login, self._token, self._form = login, token, form

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request with what it is sent with; requests counts the body's length after this."""
        if self._form is not None:
            request.headers["Content-Type"] = FORM
            request.body = Hidden(_posted(self._form, self._login))
        elif self._token:
            request.headers["Authorization"] = Hidden(f"Bearer {self._token}")
        elif self._login is not None:
            request.headers["Authorization"] = Hidden(_basic(self._login))
        return request


def _posted(form: Mapping[str, str], login: Login | None) -> str:
    """The form with its secret field; bytes that are no UTF-8 as they were."""
    name = "refresh_token" if login is not None and login.identity else "password"
    secret = {name: login.password.reveal()} if login is not None else {}
    return urlencode({**form, **secret}, errors="surrogateescape")


def _basic(login: Login) -> str:
    """With bytes that are no UTF-8 as they were."""
    pair = f"{login.username}:{login.password.reveal()}".encode("utf-8", "surrogateescape")
    return "Basic " + base64.b64encode(pair).decode("ascii")
