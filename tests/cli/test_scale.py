"""The examples in cmd/dist/scale run what the program has: its settings, its exit codes, its shards, its spool."""

import json
import re
import shutil
import subprocess

import pytest
from conftest import BINARY, NODE, ROOT, TOKEN, clean_environment

SCALE = ROOT / "cmd" / "dist" / "scale"
FILES = ["daemonset.yaml", "statefulset.yaml", "vmtelem.env", "vmtelem@.service"]
# What the manifests set for the shell and for GLib.
NO_SETTINGS = {"POD_NAME", "SHARDS", "HOME"}


def text_of(name):
    return (SCALE / name).read_text(encoding="utf-8")


def manifests(name):
    yaml = pytest.importorskip("yaml", reason="no python3-yaml: tests/run installs it")
    return {each["kind"]: each for each in yaml.safe_load_all(text_of(name))}


def pod_of(kind):
    return manifests(f"{kind.lower()}.yaml")[kind]["spec"]["template"]["spec"]


def container_of(kind):
    return pod_of(kind)["containers"][0]


def environment_of(kind):
    return {each["name"]: each.get("value") for each in container_of(kind)["env"]}


def unit_values(key):
    return re.findall(rf"^{key}=(.*)$", text_of("vmtelem@.service"), re.MULTILINE)


def env_file():
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", text_of("vmtelem.env"), re.MULTILINE))


def shards_of_unit():
    return int(re.fullmatch(r"SHARD=%i/(\d+)", unit_values("Environment")[0])[1])


@pytest.fixture(scope="module")
def settings(vmtelem):
    return {row["variable"]: row for row in json.loads(vmtelem("show-config", "--format", "json").out)["settings"]}


@pytest.fixture(scope="module")
def drain_timeout_s(settings):
    return int(re.fullmatch(r"(\d+)s", settings["DRAIN_TIMEOUT"]["default"])[1])


@pytest.fixture
def secrets(tmp_path):
    """Paths of a token and of a list of hypervisors, in place of those of a machine or pod."""
    (tmp_path / "influx-token").write_text(TOKEN)
    (tmp_path / "influx-token").chmod(0o600)
    (tmp_path / "hypervisors").write_text(manifests("statefulset.yaml")["ConfigMap"]["data"]["hypervisors"])
    return tmp_path


def in_place(variables, secrets):
    """The same settings with files that are there."""
    there = {"INFLUX_TOKEN_FILE": secrets / "influx-token", "CONNECT_FILE": secrets / "hypervisors", "SPOOL_DIR": secrets / "spool"}
    return {name: str(there.get(name, value)) for name, value in variables.items() if value is not None}


def test_the_folder_has_these_files_and_readme_names_each():
    assert sorted(path.name for path in SCALE.iterdir()) == FILES
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in FILES if f"(cmd/dist/scale/{name})" not in readme] == []


def test_the_cluster_of_readme_is_accepted_without_a_token(vmtelem):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    api, url = re.search(r"`INFLUX_API=(\w+)` and `INFLUX_URL=(http\S+)`", readme).groups()
    done = vmtelem("show-config", "--check", LIBVIRT_URI=NODE, INFLUX_DB="vmstats", INFLUX_API=api, INFLUX_URL=url)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("name", FILES)
def test_a_variable_that_an_example_names_is_a_setting(name, settings):
    named = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text_of(name))) | env_file().keys()
    assert {each for each in named if not each.startswith("AF_")} - NO_SETTINGS - settings.keys() == set()


@pytest.mark.parametrize("kind", ["DaemonSet", "StatefulSet"])
def test_an_environment_of_a_pod_is_of_settings(kind, settings):
    assert environment_of(kind).keys() - NO_SETTINGS - settings.keys() == set()


def test_the_settings_of_the_daemonset_are_accepted(vmtelem, secrets):
    done = vmtelem("show-config", "--check", **in_place(environment_of("DaemonSet"), secrets))
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("instance", range(1, 4))
def test_the_settings_of_an_instance_of_the_unit_are_accepted(vmtelem, secrets, instance):
    assert unit_values("LoadCredential")[0].split(":")[0] == "influx-token"
    file = secrets / "vmtelem.env"
    file.write_text(text_of("vmtelem.env").replace(env_file()["CONNECT_FILE"], str(secrets / "hypervisors")))
    shard = unit_values("Environment")[0].replace("%i", str(instance)).partition("=")[2]
    done = vmtelem("show-config", "--format", "json", "--env-file", str(file), SHARD=shard, CREDENTIALS_DIRECTORY=str(secrets))
    assert (done.code, done.errors()) == (0, [])
    rows = {row["variable"]: (row["value"], row["source"]) for row in json.loads(done.out)["settings"]}
    assert rows["SHARD"] == (f"{instance}/{shards_of_unit()}", "environment")
    assert rows["INFLUX_TOKEN"] == ("***", "credential influx-token")


def test_the_pods_of_the_statefulset_take_all_shards(secrets):
    """The pods' own command, but for the program at its end, which tells its settings instead of running."""
    program = secrets / "vmtelem"
    program.write_text(f'#!/bin/sh\n[ "$*" = run ] && exec {BINARY} show-config --format json\n')
    program.chmod(0o700)
    count = manifests("statefulset.yaml")["StatefulSet"]["spec"]["replicas"]
    variables = {**in_place(environment_of("StatefulSet"), secrets), "PATH": f"{secrets}:/usr/bin:/bin"}
    shards, hypervisors = [], []
    for ordinal in range(count):
        done = subprocess.run(container_of("StatefulSet")["command"], env=clean_environment(**variables, POD_NAME=f"my-vmtelem-{ordinal}"),
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        shards += [row["value"] for row in told["settings"] if row["variable"] == "SHARD"]
        hypervisors.append(told["hypervisors"])
    assert shards == [f"{ordinal + 1}/{count}" for ordinal in range(count)]
    assert {each["in_all"] for each in hypervisors} == {sum(each["in_shard"] for each in hypervisors)}


def test_a_pod_whose_number_is_not_known_does_not_run(secrets):
    done = subprocess.run(container_of("StatefulSet")["command"], env={"PATH": "/usr/bin:/bin", "POD_NAME": "vmtelem-x0", "SHARDS": "3"},
                          capture_output=True, timeout=30)
    assert done.returncode != 0


def test_there_are_as_many_pods_as_shards_and_all_are_told_of_a_change():
    count = manifests("statefulset.yaml")["StatefulSet"]["spec"]["replicas"]
    assert environment_of("StatefulSet")["SHARDS"] == str(count)
    assert f"for i in {' '.join(str(ordinal) for ordinal in range(count))};" in text_of("statefulset.yaml")


def test_as_many_instances_are_started_as_there_are_shards():
    assert f"systemctl enable --now vmtelem@{{1..{shards_of_unit()}}} " in text_of("vmtelem@.service")


def test_each_instance_has_a_spool_of_its_own(vmtelem):
    (directory,), own = unit_values("StateDirectory"), []
    assert "SPOOL_DIR" not in env_file()
    for instance in "12":
        done = vmtelem("show-config", "--stdout", "--format", "json", STATE_DIRECTORY=f"/var/lib/{directory.replace('%i', instance)}")
        own += [row["value"] for row in json.loads(done.out)["settings"] if row["variable"] == "SPOOL_DIR"]
    assert own == ["/var/lib/vmtelem/1", "/var/lib/vmtelem/2"]


def test_the_unit_starts_nothing_anew_after_wrong_usage_or_settings(vmtelem):
    texts = dict(re.findall(r"^ +(\d+) +(.+)$", vmtelem("run", "--help").out.split("EXIT STATUS\n")[1], re.MULTILINE))
    codes = unit_values("RestartPreventExitStatus")[0].split()
    assert [texts[code].split()[:1] for code in codes] == [["wrong"], ["configuration"]]


def test_a_stop_has_time_to_deliver(drain_timeout_s):
    assert int(unit_values("TimeoutStopSec")[0].removesuffix("s")) > drain_timeout_s
    for kind in ("DaemonSet", "StatefulSet"):
        assert pod_of(kind)["terminationGracePeriodSeconds"] > drain_timeout_s


@pytest.mark.parametrize("kind", ["DaemonSet", "StatefulSet"])
def test_a_pod_has_no_privileges(kind):
    pod, container = pod_of(kind), container_of(kind)
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert not pod["automountServiceAccountToken"]
    assert pod.keys().isdisjoint({"hostNetwork", "hostPID", "hostIPC"})


def test_only_the_daemonset_sees_files_of_the_node_and_the_sockets_read_only():
    paths = {each["name"]: each["hostPath"]["path"] for each in pod_of("DaemonSet")["volumes"] if "hostPath" in each}
    assert paths == {"libvirt": "/run/libvirt", "spool": "/var/lib/vmtelem"}
    assert [each.get("readOnly") for each in container_of("DaemonSet")["volumeMounts"] if each["name"] == "libvirt"] == [True]
    assert not any("hostPath" in each for each in pod_of("StatefulSet")["volumes"])


@pytest.mark.parametrize("kind", ["DaemonSet", "StatefulSet"])
def test_files_that_settings_name_are_on_volumes(kind):
    claims = manifests(f"{kind.lower()}.yaml")[kind]["spec"].get("volumeClaimTemplates", [])
    volumes = {each["name"] for each in pod_of(kind)["volumes"]} | {each["metadata"]["name"] for each in claims}
    mounts = container_of(kind)["volumeMounts"]
    assert {each["name"] for each in mounts} == volumes
    for variable, value in environment_of(kind).items():
        if variable in ("CONNECT_FILE", "INFLUX_TOKEN_FILE", "SPOOL_DIR"):
            on = [each for each in mounts if f"{value}/".startswith(f"{each['mountPath']}/")]
            assert [each.get("readOnly", False) for each in on] == [variable != "SPOOL_DIR"], variable


@pytest.mark.parametrize("name", FILES)
def test_an_example_holds_no_secret(name):
    assert not re.search(r"INFLUX_TOKEN\b|kind: Secret", text_of(name))


@pytest.fixture
def unit(tmp_path):
    """The unit, with the program that is built."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze: tests/run installs it, package systemd")
    file = tmp_path / "vmtelem@.service"
    file.write_text(re.sub(r"^Documentation=.*\n", "", text_of("vmtelem@.service"), flags=re.MULTILINE).replace("/usr/bin/vmtelem", str(BINARY)))
    return file


def test_systemd_finds_nothing_wrong_with_the_unit(unit):
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_unit_is_as_confined_as_a_collector_can_be(unit):
    """Of 100: what is left is the network, libvirt's sockets, and /proc."""
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=15", unit], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout[-200:]
