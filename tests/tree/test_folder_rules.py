"""The rules of the tree that a compiler does not keep: who may include whom, sizes, and what lies at the top."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

STAGES = ["config", "libvirt", "derive", "encode", "ship", "spool", "influx", "http"]
MAY_INCLUDE = {
    "base": {"base"},
    "model": {"base", "model"},
    **{stage: {"base", "model", stage} for stage in STAGES},
    "agent": {"base", "model", "derive", "encode", "ship", "spool", "http", "agent"},
}
ONLY_IN = {"libvirt/": "lib/libvirt", "curl/": "lib/influx", "microhttpd": "lib/http", "CLI/": "cmd", "pugixml": "lib/libvirt"}
# Inside libvirt each room knows itself and the ones before it; the files beside the rooms are the cycle, the last.
LIBVIRT_ROOMS = ["lane", "api", "read", "cycle"]
TOP_LEVEL = {"CMakeLists.txt", "cmd", "lib", "tests", "completions", "man", ".env.example", "README.md"}
MAX_FILE_LINES = 300

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def tracked(*patterns):
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def sources():
    return tracked("lib/*.h", "lib/*.cc", "cmd/*.h", "cmd/*.cc")


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def relative(path):
    return path.relative_to(ROOT).as_posix()


def test_there_are_sources_to_check():
    assert len(sources()) > 30


@pytest.mark.parametrize("path", [p for p in sources() if relative(p).startswith("lib/")], ids=relative)
def test_a_stage_includes_only_what_lies_below_it(path):
    stage = path.relative_to(ROOT / "lib").parts[0]
    included = {name.split("/")[0] for mark, name in includes(path) if mark == '"'}
    assert included <= MAY_INCLUDE[stage]


TYPE = re.compile(r"^(?:class|struct|enum class) ([A-Z]\w+)[^;]*\{")


def types_without_an_opening_sentence(text):
    lines = text.split("\n")
    for number, line in enumerate(lines):
        above = number - 1
        while lines[above].startswith(("template", "requires")):
            above -= 1
        if TYPE.match(line) and not lines[above].startswith("//"):
            yield TYPE.match(line)[1]


def test_a_type_without_an_opening_sentence_is_found():
    assert list(types_without_an_opening_sentence("// Says.\nstruct Said {\n\ntemplate <class T>\nclass Unsaid {")) == ["Unsaid"]


@pytest.mark.parametrize("path", [p for p in sources() if p.suffix == ".h"], ids=relative)
def test_every_type_in_a_header_opens_with_a_sentence_that_says_what_it_is(path):
    assert list(types_without_an_opening_sentence(path.read_text(encoding="utf-8"))) == []


def libvirt_room(name):
    """Of a path below lib/, which is also the name by which a file is included."""
    parts = Path(name).parts
    return LIBVIRT_ROOMS.index(parts[1] if len(parts) > 2 else "cycle")


@pytest.mark.parametrize("path", [p for p in sources() if relative(p).startswith("lib/libvirt/")], ids=relative)
def test_a_room_of_libvirt_includes_only_rooms_below_it(path):
    room = libvirt_room(path.relative_to(ROOT / "lib"))
    included = {name for mark, name in includes(path) if mark == '"' and name.startswith("libvirt/")}
    assert {name for name in included if libvirt_room(name) > room} == set()


@pytest.mark.parametrize("path", [p for p in sources() if relative(p).startswith("lib/spool/fs/")], ids=relative)
def test_the_files_and_directories_below_a_spool_know_no_batch(path):
    included = {name for mark, name in includes(path) if mark == '"'}
    assert {name for name in included if not name.startswith(("base/", "spool/fs/"))} == set()


@pytest.mark.parametrize("path", [p for p in sources() if relative(p).startswith("lib/libvirt/lane/")], ids=relative)
def test_a_lane_makes_no_call_to_libvirt(path):
    assert {name for mark, name in includes(path) if mark == "<" and name.startswith("libvirt/")} == set()


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_an_outside_library_is_known_to_one_folder_only(path):
    for mark, name in includes(path):
        for prefix, folder in ONLY_IN.items():
            if mark == "<" and name.startswith(prefix):
                assert relative(path).startswith(folder + "/"), f"{name} belongs to {folder}"


def test_a_type_has_one_definition():
    """Two stages with a type of the same name are one program with undefined behaviour, and the linker does not say so."""
    defined = [name for p in sources() if p.suffix == ".h"
               for name in re.findall(r"^(?:class|struct|enum class) (\w+)[^;]*?\{", p.read_text(encoding="utf-8"), re.M)]
    assert len(defined) > 50
    assert {name for name in defined if defined.count(name) > 1} == set()


def test_the_header_of_cli11_is_compiled_once():
    users = [relative(p) for p in sources() if any(name.startswith("CLI/") for _, name in includes(p))]
    assert len(users) == 1


@pytest.mark.parametrize("path", [p for p in sources() if relative(p).startswith("lib/")], ids=relative)
def test_the_library_neither_exits_nor_reads_the_environment_nor_prints(path):
    text = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
    assert not re.search(r"\b(getenv|_?exit|quick_exit|abort|printf|puts)\s*\(|std::(cout|cerr)\b", text)


@pytest.mark.parametrize("path", sources() + tracked("tests/*.cc", "tests/*.h", "tests/*.py"), ids=relative)
def test_a_file_is_short_enough_to_read_in_one_go(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES


def test_the_top_level_is_the_agreed_one():
    top = {Path(relative(p)).parts[0] for p in tracked()}
    assert {name for name in top if not name.startswith(".")} == {n for n in TOP_LEVEL if not n.startswith(".")}
    assert ".env.example" in top


@pytest.mark.parametrize("path", tracked("*.md", "*.cc", "*.h", "*.py", "*.cmake", "man/*", "cmd/quickstart"), ids=relative)
def test_no_file_names_a_place_on_somebodys_machine(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|work)/[a-z]", text.replace("/root/.ssh", "")) or path.name == Path(__file__).name
