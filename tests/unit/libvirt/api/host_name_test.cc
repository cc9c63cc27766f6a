#include "libvirt/api/host_name.h"

#include <array>

#include <catch2/catch.hpp>
#include <unistd.h>

namespace vmtelem {
namespace {

TEST_CASE("the name that the user gave beats the name that libvirt reports") {
  CHECK(HostName({"rack7", "qemu+ssh://node/system"}, "reported") == "rack7");
}

TEST_CASE("the name that libvirt reports beats the URI") {
  CHECK(HostName({"", "qemu+ssh://node/system"}, "reported") == "reported");
}

TEST_CASE("the host of the URI is used when libvirt does not report a name") {
  CHECK(HostName({"", "qemu+ssh://node/system"}, std::nullopt) == "node");
  CHECK(HostName({"", "qemu+ssh://node/system"}, "") == "node");
}

TEST_CASE("a local URI without a report has the local hostname") {
  std::array<char, 256> local{};
  REQUIRE(::gethostname(local.data(), local.size() - 1) == 0);
  CHECK(HostName({"", "qemu:///system"}, std::nullopt) == local.data());
}

}  // namespace
}  // namespace vmtelem
