"""Policy files are read again when they change, whole or not at all (architecture 6 "Policies")."""

import asyncio
from pathlib import Path

from slamon.runtime.file_watcher import FileWatcher, digest_of


class Seen:
    def __init__(self, answer: bool = True) -> None:
        self.times, self.answer = 0, answer

    async def __call__(self) -> bool:
        self.times += 1
        return self.answer


async def watcher(path: Path, seen: Seen) -> FileWatcher:
    """A watcher that looks only when the test says so."""
    made = FileWatcher([path], seen, interval=3600)
    made.start()
    return made


async def looks(watch: FileWatcher, times: int) -> None:
    for _ in range(times):
        await watch.look()


async def test_a_change_is_told_once_and_only_after_the_files_stood_still(tmp_path: Path) -> None:
    file, seen = tmp_path / "gold.yaml", Seen()
    file.write_text("one")
    watch = await watcher(file, seen)
    await looks(watch, 2)
    assert seen.times == 0
    file.write_text("half of tw")
    await looks(watch, 1)
    file.write_text("two")
    await looks(watch, 1)
    assert seen.times == 0
    await looks(watch, 3)
    assert seen.times == 1
    await watch.stop()


async def test_the_same_text_written_again_is_no_change(tmp_path: Path) -> None:
    file, seen = tmp_path / "gold.yaml", Seen()
    file.write_text("one")
    watch = await watcher(file, seen)
    file.unlink()
    file.write_text("one")
    await looks(watch, 3)
    assert seen.times == 0
    await watch.stop()


async def test_the_swap_of_a_config_map_is_a_change(tmp_path: Path) -> None:
    for name in ("..old", "..new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "gold.yaml").write_text(name)
    (tmp_path / "..data").symlink_to("..old")
    (tmp_path / "gold.yaml").symlink_to("..data/gold.yaml")
    seen = Seen()
    watch = await watcher(tmp_path, seen)
    (tmp_path / "..tmp").symlink_to("..new")
    (tmp_path / "..tmp").replace(tmp_path / "..data")
    await looks(watch, 2)
    assert seen.times == 1
    await watch.stop()


async def test_a_change_that_could_not_be_followed_is_told_again(tmp_path: Path) -> None:
    seen = Seen(answer=False)
    watch = await watcher(tmp_path, seen)
    (tmp_path / "new.yml").write_text("one")
    await looks(watch, 4)
    assert seen.times == 3
    await watch.stop()


async def test_it_looks_by_itself(tmp_path: Path) -> None:
    told = asyncio.Event()

    async def tell() -> bool:
        told.set()
        return True

    watch = FileWatcher([tmp_path], tell, interval=0.01)
    watch.start()
    (tmp_path / "gold.yaml").write_text("one")
    async with asyncio.timeout(5):
        await told.wait()
    await watch.stop()


def test_names_count_and_other_files_do_not(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("one")
    before = digest_of([tmp_path])
    (tmp_path / "notes.txt").write_text("two")
    assert digest_of([tmp_path]) == before
    (tmp_path / "a.yaml").rename(tmp_path / "b.yaml")
    assert digest_of([tmp_path]) != before


def test_a_file_that_is_gone_has_a_digest_of_its_own(tmp_path: Path) -> None:
    missing = digest_of([tmp_path / "gone.yaml"])
    (tmp_path / "gone.yaml").write_text("")
    assert digest_of([tmp_path / "gone.yaml"]) != missing
