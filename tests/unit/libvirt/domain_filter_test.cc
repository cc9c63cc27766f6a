#include "libvirt/domain_filter.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

const std::string kUuid = "6695eb01-f6a4-8304-79aa-97f2502e193f";

bool Included(const std::string& pattern, const std::string& name) { return Matches({{pattern}, {}}, name, kUuid); }

TEST_CASE("without patterns every VM is collected") { CHECK(Matches({}, "web", kUuid)); }

TEST_CASE("a pattern is a name, a UUID or a glob over the name") {
  CHECK(Included("web 01", "web 01"));
  CHECK(Included("web*", "web 01"));
  CHECK(Included("w?b*", "web/01"));
  CHECK(Included("*b/0*", "web/01"));
  CHECK(Included("6695EB01-F6A4-8304-79AA-97F2502E193F", "web 01"));
  CHECK(Included("b[ü]ro", "b[ü]ro"));
}

TEST_CASE("a pattern matches the whole name, in its case, and no part of the UUID") {
  CHECK_FALSE(Included("web", "web 01"));
  CHECK_FALSE(Included("WEB 01", "web 01"));
  CHECK_FALSE(Included("6695eb01*", "web 01"));
}

TEST_CASE("a glob goes by characters in whatever locale") {
  CHECK(Included("b?ro", "büro"));
  CHECK(Included("b[üö]ro", "büro"));
  CHECK_FALSE(Included("b[!ü]ro", "büro"));
  CHECK_FALSE(Matches({{}, {"b?ro"}}, "büro", kUuid));
}

TEST_CASE("a name that is not UTF-8 can be matched") {
  CHECK(Included("b\xFCro", "b\xFCro"));
  CHECK(Included("b?ro", "b\xFCro"));
  CHECK(Included("*", "\xFF\xC3"));
  CHECK_FALSE(Included("b[ü]ro", "b\xFCro"));
}

TEST_CASE("one of several included patterns suffices") {
  CHECK(Matches({{"db", "web"}, {}}, "web", kUuid));
  CHECK_FALSE(Matches({{"db", "mail"}, {}}, "web", kUuid));
}

TEST_CASE("exclusion beats inclusion") {
  CHECK_FALSE(Matches({{"web*"}, {"web 0*"}}, "web 01", kUuid));
  CHECK_FALSE(Matches({{}, {kUuid}}, "web 01", kUuid));
  CHECK(Matches({{}, {"db*"}}, "web 01", kUuid));
}

}  // namespace
}  // namespace vmtelem
