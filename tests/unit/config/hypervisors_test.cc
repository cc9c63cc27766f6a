#include "config/hypervisors.h"

#include <algorithm>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "config_fixture.h"

namespace vmtelem {
namespace {

using Strings = std::vector<std::string>;

// "NAME=URI" of each, or "URI", with "#2" for the second of a URI.
Strings Shown(const std::vector<Hypervisor>& hypervisors) {
  Strings shown;
  for (const Hypervisor& each : hypervisors) {
    const std::string text = each.name.empty() ? each.uri : each.name + "=" + each.uri;
    shown.push_back(each.nth == 1 ? text : fmt::format("{}#{}", text, each.nth));
  }
  return shown;
}

Inputs WithUris(std::string uris) {
  Inputs inputs;
  inputs.input.needs_hypervisor = true;
  return inputs.Set("LIBVIRT_URI", std::move(uris));
}

}  // namespace

TEST_CASE("white space of any kind separates hypervisors") {
  CHECK(Shown(WithUris("  a:///x b=b:///y\t\nc:///z\r\n").Load().config.hypervisors) ==
        Strings{"a:///x", "b=b:///y", "c:///z"});
}

TEST_CASE("--connect may be repeated, and an argument with a blank names two hypervisors") {
  Inputs inputs;
  inputs.Flag("--connect", "a:///x").Flag("--connect", "b:///y c:///z");
  CHECK(Shown(inputs.Load().config.hypervisors) == Strings{"a:///x", "b:///y", "c:///z"});
}

TEST_CASE("what --connect names replaces LIBVIRT_URI") {
  Inputs inputs = WithUris("a:///x");
  inputs.Flag("--connect", "b:///y");
  CHECK(Shown(inputs.Load().config.hypervisors) == Strings{"b:///y"});
}

TEST_CASE("every faulty hypervisor of a list is reported, without user and password") {
  const auto loaded = WithUris("nonsense a:///x =b:///y pw@host/c").Load();
  CHECK(Texts(loaded.faults) == Strings{"LIBVIRT_URI: 'nonsense' is not a URI such as qemu:///system (environment)",
                                        "LIBVIRT_URI: '=b:///y' has an empty name before '=' (environment)",
                                        "LIBVIRT_URI: '***@host/c' is not a URI such as qemu:///system (environment)"});
}

TEST_CASE("white space alone names no hypervisor") {
  CHECK(Texts(WithUris(" ").Load().faults) == Strings{"LIBVIRT_URI: ' ' names no hypervisor (environment)"});
}

TEST_CASE("the hypervisors of the file come after those of LIBVIRT_URI") {
  const ScopedDirectory directory;
  Inputs inputs = WithUris("z:///x");
  inputs.Set("CONNECT_FILE", directory.Write("hosts", "b:///y\na:///z\n"));
  CHECK(Shown(inputs.Load().config.hypervisors) == Strings{"z:///x", "b:///y", "a:///z"});
}

TEST_CASE("with a connect file LIBVIRT_URI is not required") {
  const ScopedDirectory directory;
  Inputs inputs;
  inputs.input.needs_hypervisor = true;
  inputs.Flag("--connect-file", directory.Write("hosts", "a:///x\n"));
  CHECK(Texts(inputs.Load().faults).empty());
}

TEST_CASE("LIBVIRT_DEFAULT_URI adds no hypervisor to those of a connect file") {
  const ScopedDirectory directory;
  Inputs inputs;
  inputs.Set("LIBVIRT_DEFAULT_URI", "b:///y").Set("CONNECT_FILE", directory.Write("hosts", "a:///x\n"));
  CHECK(Shown(inputs.Load().config.hypervisors) == Strings{"a:///x"});
}

TEST_CASE("all faults of the connect file are reported, and make the usage no worse") {
  const ScopedDirectory directory;
  const std::string file = directory.Write("hosts", "a\nb\n");
  Inputs inputs;
  inputs.Flag("--connect-file", file);
  const auto faults = inputs.Load().faults;
  CHECK(Texts(faults) ==
        Strings{fmt::format("--connect-file: {}:1: the line is not a URI such as qemu:///system", file),
                fmt::format("--connect-file: {}:2: the line is not a URI such as qemu:///system", file)});
  CHECK_FALSE(faults.front().from_argument);
}

TEST_CASE("two hypervisors of one name are refused, and both places named") {
  const ScopedDirectory directory;
  const std::string file = directory.Write("hosts", "# c\nrack7=b:///y\nrack7=c:///z\n");
  Inputs inputs = WithUris("a:///x rack7=a:///x");
  inputs.Set("CONNECT_FILE", file);
  const auto loaded = inputs.Load();
  const std::string first = "two hypervisors have the name 'rack7': LIBVIRT_URI number 2 (environment) and ";
  CHECK(Texts(loaded.faults) == Strings{first + file + ":2", first + file + ":3"});
  CHECK(loaded.config.hypervisors.empty());
}

TEST_CASE("two names that differ in case are two names") { CHECK(WithUris("a=a:///x A=a:///x").Load().faults.empty()); }

TEST_CASE("equal names given by arguments alone are wrong usage") {
  Inputs inputs;
  inputs.Flag("--connect", "a=a:///x").Flag("--connect", "a=b:///y");
  const auto faults = inputs.Load().faults;
  CHECK(Texts(faults) == Strings{"two hypervisors have the name 'a': --connect number 1 and --connect number 2"});
  CHECK(faults.front().from_argument);
}

TEST_CASE("a URI that comes again without a name is numbered, one with a name is not") {
  const ScopedDirectory directory;
  Inputs inputs = WithUris("a:///x n=a:///x b:///y a:///x");
  inputs.Set("CONNECT_FILE", directory.Write("hosts", "a:///x\n"));
  CHECK(Shown(inputs.Load().config.hypervisors) == Strings{"a:///x", "n=a:///x", "b:///y", "a:///x#2", "a:///x#3"});
}

TEST_CASE("a host with QEMU that is given more than once is warned of") {
  const auto loaded = WithUris("qemu:///system test:///x b=qemu:///system test:///x qemu+ssh://h/system").Load();
  CHECK(loaded.faults.empty());
  CHECK(loaded.warnings ==
        Strings{"qemu:///system is given 2 times: they are in each other's way, and samples of theirs "
                "will lack disks and memory"});
}

TEST_CASE("each hypervisor is in the list of one shard, with its number and the size of the whole") {
  const std::string uris = "a:///x n=a:///x b:///y a:///x c=c:///z d:///z";
  Strings found;
  for (int index = 1; index <= 3; ++index) {
    Inputs inputs = WithUris(uris);
    const auto loaded = inputs.Set("SHARD", fmt::format("{}/3", index)).Load();
    CHECK(loaded.hypervisors_in_all == 6);
    const auto part = Shown(loaded.config.hypervisors);
    found.insert(found.end(), part.begin(), part.end());
  }
  std::sort(found.begin(), found.end());
  CHECK(found == Strings{"a:///x", "a:///x#2", "b:///y", "c=c:///z", "d:///z", "n=a:///x"});
}

TEST_CASE("a named hypervisor stays in its shard when its URI changes and others come") {
  for (int index = 1; index <= 4; ++index) {
    const std::string shard = fmt::format("{}/4", index);
    const auto has = [&](std::string uris) {
      Inputs inputs = WithUris(std::move(uris));
      const auto list = inputs.Set("SHARD", shard).Load().config.hypervisors;
      return std::any_of(list.begin(), list.end(), [](const Hypervisor& each) { return each.name == "rack7"; });
    };
    CHECK(has("rack7=a:///x") == has("b:///y c:///z rack7=qemu+ssh://other/system"));
  }
}

TEST_CASE("a shard without a hypervisor is warned of and no fault") {
  for (int index = 1; index <= 2; ++index) {
    Inputs inputs = WithUris("a:///x");
    const auto loaded = inputs.Set("SHARD", fmt::format("{}/2", index)).Load();
    CHECK(loaded.faults.empty());
    if (!loaded.config.hypervisors.empty()) continue;
    CHECK(loaded.warnings ==
          Strings{fmt::format("SHARD: none of the 1 hypervisor belongs to shard {}/2; nothing is collected", index)});
  }
}

TEST_CASE("the list is loaded again from what the files say now") {
  const ScopedDirectory directory;
  Inputs inputs = WithUris("a:///x");
  inputs.Set("CONNECT_FILE", directory.Write("hosts", "b:///y\n"));
  CHECK(Shown(inputs.Load().config.hypervisors) == Strings{"a:///x", "b:///y"});
  inputs.Set("CONNECT_FILE", directory.Write("hosts", "c:///z\n"));
  CHECK(Shown(LoadHypervisors(inputs.Given()).hypervisors) == Strings{"a:///x", "c:///z"});
}

TEST_CASE("a list that is loaded again has all its faults and no hypervisor") {
  const ScopedDirectory directory;
  Inputs inputs;
  inputs.input.needs_hypervisor = true;
  const std::string env = directory.Write("env", "LIBVIRT_URI=x\nno assignment\nSHARD=3/2\nPOLL_INTERVAL=0\n");
  inputs.input.env_files = {env};
  const auto list = LoadHypervisors(inputs.Given());
  CHECK(Texts(list.faults) ==
        Strings{fmt::format("--env-file: {}:2: no '=' on this line", env),
                fmt::format("SHARD: '3/2' is out of range; allowed I/N with 1 <= I <= N <= 1000 ({}:3)", env),
                fmt::format("LIBVIRT_URI: 'x' is not a URI such as qemu:///system ({}:1)", env)});
  CHECK(list.hypervisors.empty());
}

TEST_CASE("a list that is loaded again may not have become empty") {
  Inputs inputs;
  inputs.input.needs_hypervisor = true;
  CHECK(Texts(LoadHypervisors(inputs.Given()).faults) ==
        Strings{"LIBVIRT_URI is not set; for example qemu:///system or qemu+ssh://user@host/system"});
}

TEST_CASE("each URI of a list is masked by itself") {
  CHECK(MaskHypervisors("a=qemu+ssh://joe:pw@h/s?keyfile=k  qemu:///system\n") ==
        "a=qemu+ssh://***@h/s?*** qemu:///system");
}

TEST_CASE("a password with a blank in it is masked whole") {
  CHECK(MaskHypervisors("qemu+ssh://joe:my pw@h/s") == "qemu+ssh://***@h/s");
}

}  // namespace vmtelem
