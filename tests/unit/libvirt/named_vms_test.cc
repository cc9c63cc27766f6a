#include "libvirt/named_vms.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using Names = std::vector<std::string>;

const std::vector<VmName> kFound{{"web", "6695eb01-f6a4-8304-79aa-97f2502e193f"}, {"db[1]", "1"}};

Names Missing(std::vector<std::string> include, std::vector<std::string> exclude = {}) {
  return NamesWithoutVm({std::move(include), std::move(exclude)}, kFound);
}

TEST_CASE("a name that no VM has is missing, and one that a VM has is not") {
  CHECK(Missing({"web", "mail", "db[1]"}) == Names{"mail"});
}

TEST_CASE("a UUID names its VM in capitals too") {
  CHECK(Missing({"6695EB01-F6A4-8304-79AA-97F2502E193F"}).empty());
  CHECK(Missing({"00000000-f6a4-8304-79aa-97f2502e193f"}).size() == 1);
}

TEST_CASE("a glob may match nothing") { CHECK(Missing({"mail*", "mai?", "[a]", "a\\b"}).empty()); }

TEST_CASE("a name that is excluded as well is not missing") {
  CHECK(Missing({"mail", "files"}, {"mai*"}) == Names{"files"});
}

TEST_CASE("without names nothing is missing") { CHECK(Missing({}).empty()); }

TEST_CASE("who excludes VMs is told no more of a missing one than is known") {
  CHECK(DescribeMissingVm({{"mail"}, {}}, "mail") == "no VM 'mail'");
  CHECK(DescribeMissingVm({{"mail"}, {"x"}}, "mail") == "no VM 'mail' that is not excluded");
}

}  // namespace
}  // namespace vmtelem
