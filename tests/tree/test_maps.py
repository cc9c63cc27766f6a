"""The maps of the tree name files: each is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAPS = ["lib/README.md", "lib/libvirt/README.md", "tests/README.md"]
NAMED = re.compile(r"`([\w./-]+/[\w.-]*|[\w./-]+\.(?:h|cc|py|md|sh))`")


def names():
    return [(place, name) for place in MAPS for name in NAMED.findall((ROOT / place).read_text(encoding="utf-8"))]


def test_the_maps_name_files():
    assert all(sum(place == named for named, _ in names()) > 3 for place in MAPS)


@pytest.mark.parametrize("place, name", names())
def test_a_file_that_a_map_names_exists(place, name):
    below = (ROOT / place).parent
    assert any((folder / f"{name}{suffix}").exists() for folder in (below, ROOT) for suffix in ("", ".h"))


@pytest.mark.parametrize("folder", sorted(path.name for path in (ROOT / "lib").iterdir() if path.is_dir()))
def test_each_folder_of_the_library_is_in_its_map(folder):
    assert f"`{folder}/`" in (ROOT / "lib/README.md").read_text(encoding="utf-8")
