#include "agent/control/vm_selection.h"

#include <catch2/catch.hpp>

#include "host_statuses.h"

namespace vmtelem {
namespace {

using Catch::Contains;

Result<VmSelection> Parse(std::vector<HttpField> query) {
  HttpRequest request;
  request.query = std::move(query);
  return ParseVmSelection(request);
}

struct Hosts {
  std::vector<std::string> Shown(const VmSelection& selection) {
    std::vector<std::string> names;
    const auto vms = SelectVms(hosts, selection);
    for (const ShownVm& vm : vms.value()) names.push_back(vm.host() + "/" + vm.domain().name);
    return names;
  }
  DomainStats WithMemory(const std::string& name, Counter bytes) {
    DomainStats domain = VmNamed(name);
    domain.memory[MemoryValue::kRssBytes] = bytes;
    return domain;
  }
  std::vector<HostStatus> hosts{HostWith("b", {WithMemory("web", 30), WithMemory("db", std::nullopt)}),
                                HostWith("a", {WithMemory("web", 10), WithMemory("mail", 20)})};
};
using Names = std::vector<std::string>;

TEST_CASE_METHOD(Hosts, "without a parameter all VMs come by name, and of one name by host") {
  CHECK(Shown({}) == Names{"b/db", "a/mail", "a/web", "b/web"});
}

TEST_CASE_METHOD(Hosts, "a host, a pattern of names and a limit choose VMs") {
  CHECK(Shown({.host = "a"}) == Names{"a/mail", "a/web"});
  CHECK(Shown({.name_glob = "*e*"}) == Names{"a/web", "b/web"});
  CHECK(Shown({.limit = 2}) == Names{"b/db", "a/mail"});
}

TEST_CASE_METHOD(Hosts, "VMs that lack what they are sorted by come last, whatever the order") {
  CHECK(Shown({.sort = "mem_rss_bytes"}) == Names{"a/web", "a/mail", "b/web", "b/db"});
  CHECK(Shown({.sort = "-mem_rss_bytes"}) == Names{"b/web", "a/mail", "a/web", "b/db"});
}

TEST_CASE_METHOD(Hosts, "a host without a cycle to show has no VM") {
  hosts[0].latest = nullptr;
  CHECK(Shown({.host = "b"}).empty());
}

TEST_CASE_METHOD(Hosts, "a host that is not there is not found") {
  CHECK(SelectVms(hosts, {.host = "c"}).error().code == ErrorCode::kNotFound);
}

TEST_CASE("what a filter does not take is an error that says what it takes") {
  CHECK_THAT(Parse({{"limit", "0"}}).error().message, Contains("from 1 on"));
  CHECK_THAT(Parse({{"limit", "1x"}}).error().message, Contains("whole number"));
  CHECK_THAT(Parse({{"sort", "-"}}).error().message, Contains("name, host, cpu_percent"));
  CHECK_THAT(Parse({{"colour", "red"}}).error().message, Contains("host, name, sort and limit"));
}

TEST_CASE("the filters of a request are taken as they are") {
  const VmSelection selection =
      Parse({{"host", "a b"}, {"name", "w*"}, {"sort", "-cpu_percent"}, {"limit", "7"}}).value();
  CHECK(selection.host == "a b");
  CHECK(selection.name_glob == "w*");
  CHECK(selection.sort == "-cpu_percent");
  CHECK(selection.limit == 7);
}

}  // namespace
}  // namespace vmtelem
