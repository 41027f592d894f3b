"""`harbor-doctor fix --export` as its own process: files for Git that only their owner reads, without passwords."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.headless import planted as p
from tests.headless.ground import NEWLINE, Ground
from tests.headless.tool import Tool

ATTACH = "HD101:pay/default"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Ground(tmp_path_factory.mktemp("export"), "HD109", "HD101", "HD501") as made:
        yield made


def test_the_files_are_named_on_stdout_and_only_their_owner_reads_them(ground: Ground, tmp_path: Path) -> None:
    before, folder = ground.version(), tmp_path / "a" / "b"
    done = ground.tool().run("fix", ATTACH, "-n", "pay", "--export", str(folder))
    assert done.code == 0
    assert ground.version() == before
    names = ["NOTES.md", "argocd-pay-ignoredifferences.yaml", "serviceaccount-patch-pay-default.yaml"]
    assert sorted(done.out.splitlines()) == [str(folder / name) for name in names]
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "nothing in the cluster was changed" in done.last


def test_a_dash_prints_all_of_it_as_one_yaml_stream(ground: Ground) -> None:
    done = ground.tool().run("fix", NEWLINE, "-n", "shop", "--export", "-")
    assert done.code == 0
    assert [body["kind"] for body in yaml.safe_load_all(done.out) if body] == ["Secret"]
    assert "# # HD109:shop/harbor-pull" in done.out
    assert list(ground.tool().home.glob("*export*")) == []


def test_the_plan_may_be_named_and_a_read_only_run_exports_too(ground: Ground, tmp_path: Path) -> None:
    done = ground.tool().run(
        "fix", ATTACH, "-n", "pay", "--plan", "advice", "--read-only", "--export", str(tmp_path / "x"), "-o", "json"
    )
    assert done.code == 0
    assert (done.json["problem"], done.json["plan"]) == (ATTACH, "advice")
    assert all(Path(path).is_file() for path in done.json["exported"])


def test_what_is_there_is_never_overwritten_not_even_through_a_link(ground: Ground, tmp_path: Path) -> None:
    folder, target = tmp_path / "there", tmp_path / "target"
    folder.mkdir()
    (folder / "NOTES.md").symlink_to(target)
    done = ground.tool().run("fix", NEWLINE, "-n", "shop", "--export", str(folder))
    assert (done.code, done.out) == (5, "")
    assert done.last == f"{folder / 'NOTES.md'} is there already and is not overwritten: name another folder"
    assert not target.exists()
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("place", ["/dev/null/x", "a\0b"])
def test_a_folder_that_cannot_be_made_is_one_sentence(ground: Ground, place: str) -> None:
    if "\0" in place:
        from checks.errors import UsageError
        from checks.repair.export import Export, File
        from tui.exportfiles import write

        with pytest.raises(UsageError, match="no such name is possible"):
            write(Export("t", "f", (File("NOTES.md", ""),)), Path(place))
        return
    done = ground.tool().run("fix", NEWLINE, "-n", "shop", "--export", place)
    assert (done.code, done.out, done.last) == (2, "", "/dev/null/x cannot be written: Not a directory")


def test_json_and_a_stream_do_not_go_together(ground: Ground) -> None:
    done = ground.tool().run("fix", NEWLINE, "-n", "shop", "--export", "-", "-o", "json")
    assert (done.code, done.out) == (2, "")


def test_no_planted_password_is_in_any_file_in_any_form(tmp_path: Path) -> None:
    troubles = (p.LINE_BREAK, p.KEY, p.OPAQUE, p.DECODED)
    with p.planted(*troubles) as world:
        kubeconfig = world.kubeconfig(tmp_path / "kubeconfig", "admin")
        tool = Tool(tmp_path / "home", {"KUBECONFIG": str(kubeconfig)})
        for number, problem in enumerate(troubles):
            done = tool.run("fix", problem, "--export", str(tmp_path / "out" / str(number)))
            assert done.code == 0, done.err
            assert p.leaks(done.out + done.err) == []
    texts = list(p.files(tmp_path / "out"))
    assert len(texts) >= 2 * len(troubles)
    assert p.everything(texts) == {}
