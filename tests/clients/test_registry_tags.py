"""A tag list by pages: what is not in a part of it is not gone."""

import json
from collections.abc import Iterator

import pytest

from checks.clients.prober import Prober
from checks.facts import Beginning, Fact
from checks.image import parse
from checks.settings import Settings
from tests.clients.scripted import CERTIFICATES, Asked, Scripted, http

IMAGE = parse("harbor.demo.test/team/app:1.0")


class Shelf:
    """Serves `size` tags by pages of its own, whatever is asked for."""

    def __init__(self, size: int, page: int, link: bool = True) -> None:
        self.tags = [f"t{number:05}" for number in range(size)]
        self.page, self.link = page, link
        self.server = Scripted(self.answer)
        ca, timeout = CERTIFICATES / "ca.pem", 3
        self.prober = Prober(Settings(resolve=self.server.resolve, registry_ca=ca, timeout=timeout))

    def answer(self, asked: Asked) -> bytes:
        if "/tags/list" not in asked.path:
            return http(200)
        last = asked.path.partition("last=")[2]
        rest = [tag for tag in self.tags if tag > last]
        more = self.link and len(rest) > self.page
        header = f'Link: </v2/team/app/tags/list?n={self.page}&last={rest[self.page - 1]}>; rel="next"' if more else ""
        return http(200, json.dumps({"tags": rest[: self.page]}).encode(), *filter(None, [header]))


@pytest.fixture
def shelves() -> Iterator[list[Shelf]]:
    made: list[Shelf] = []
    yield made
    for shelf in made:
        shelf.prober.close()
        shelf.server.close()


@pytest.mark.parametrize(("size", "page", "link", "kind"), [
    (1500, 100, True, Fact), (2000, 100, True, Fact), (2500, 100, True, Beginning), (0, 100, True, Fact),
    (999, 1000, False, Fact), (1400, 1000, False, Beginning),
])  # fmt: skip
def test_a_tag_list_is_whole_only_where_its_end_was_read(shelves: list[Shelf], size, page, link, kind) -> None:
    shelves.append(Shelf(size, page, link))
    found = shelves[0].prober.tags(IMAGE, None)
    assert type(found) is kind
    assert found.value == tuple(shelves[0].tags[: len(found.value)])
    assert (len(found.value) == size) is (kind is Fact)


def test_a_tag_list_with_an_empty_page_in_between_is_not_taken_for_whole(shelves: list[Shelf]) -> None:
    shelves.append(Shelf(0, 100))
    shelves[0].server.script = lambda asked: (
        http(200, b'{"tags": null}', f'Link: <{asked.path}x>; rel="next"') if "tags" in asked.path else http(200)
    )
    assert isinstance(shelves[0].prober.tags(IMAGE, None), Beginning)
