#include "agent/host_tags.h"

#include <optional>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

TEST_CASE("a hypervisor is tagged with its name") {
  HostTags tags;
  CHECK(tags.Add("rack7", 1).TagFor("rack7") == "rack7");
}

TEST_CASE("of hypervisors with the same name the second and the third have a number") {
  HostTags tags;
  auto first = tags.Add("rack7", 1), second = tags.Add("rack7", 1), third = tags.Add("rack7", 1);
  CHECK(first.TagFor("rack7") == "rack7");
  CHECK(second.TagFor("rack7") == "rack7#2");
  CHECK(third.TagFor("rack7") == "rack7#3");
}

TEST_CASE("those of one URI are numbered in the order given, whichever of them answers first") {
  HostTags tags;
  auto second = tags.Add("h", 2);
  CHECK(second.TagFor("rack7") == "rack7#2");
  auto first = tags.Add("h", 1);
  CHECK(first.TagFor("rack7") == "rack7");
}

TEST_CASE("a hypervisor that answers under another name than expected has that one from then on") {
  HostTags tags;
  auto one = tags.Add("10.0.0.7", 1);
  CHECK(one.TagFor("10.0.0.7") == "10.0.0.7");
  CHECK(one.TagFor("rack7") == "rack7");
  CHECK(tags.Add("10.0.0.7", 1).TagFor("10.0.0.7") == "10.0.0.7");  // which is free again
}

TEST_CASE("a name that somebody gave to a hypervisor is not given to another") {
  HostTags tags;
  auto given = tags.Add("rack7#2", 1), first = tags.Add("rack7", 1), second = tags.Add("rack7", 1);
  CHECK(second.TagFor("rack7") == "rack7#3");
}

TEST_CASE("a hypervisor keeps its tag when the one before it has left, and a new one takes the free tag") {
  HostTags tags;
  std::optional<HostTags::Holder> first(tags.Add("rack7", 1));
  auto second = tags.Add("rack7", 1);
  first.reset();
  CHECK(second.TagFor("rack7") == "rack7#2");
  CHECK(tags.Add("rack7", 1).TagFor("rack7") == "rack7");
}

TEST_CASE("a tag that was let go is free for another, and its holder takes no other") {
  HostTags tags;
  auto leaves = tags.Add("rack7", 1);
  leaves.LetGo();
  auto joins = tags.Add("rack7", 1);
  CHECK(joins.TagFor("rack7") == "rack7");
  CHECK(leaves.TagFor("rack8") == "rack7");
  CHECK(tags.Add("rack8", 1).TagFor("rack8") == "rack8");
}

}  // namespace
}  // namespace vmtelem
