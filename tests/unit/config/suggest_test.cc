#include "config/suggest.h"

#include <catch2/catch.hpp>

namespace vmtelem {

TEST_CASE("edit distance counts inserted, removed, replaced and swapped letters") {
  struct Row {
    std::string_view a, b;
    std::size_t distance;
  };
  const auto row =
      GENERATE(Row{"", "", 0}, Row{"", "abc", 3}, Row{"json", "json", 0}, Row{"jsn", "json", 1},
               Row{"jsson", "json", 1}, Row{"jsin", "json", 1}, Row{"josn", "json", 1}, Row{"kitten", "sitting", 3});
  CAPTURE(row.a, row.b);
  CHECK(EditDistance(row.a, row.b) == row.distance);
  CHECK(EditDistance(row.b, row.a) == row.distance);
}

TEST_CASE("the nearest word is offered") {
  CHECK(NearestWord("lst-vms", {"run", "once", "list-vms"}) == "list-vms");
  CHECK(NearestWord("jsn", {"table", "json", "csv"}) == "json");
}

TEST_CASE("nothing is offered for a word that is far from all") {
  CHECK_FALSE(NearestWord("frobnicate", {"run", "once", "list-vms"}));
  CHECK_FALSE(NearestWord("v4", {"v3", "v2", "v1"}));
  CHECK_FALSE(NearestWord("", {"run"}));
}

TEST_CASE("a very long word costs no more than a short one") {
  CHECK_FALSE(NearestWord(std::string(1 << 20, 'x'), {"run", "once"}));
}

TEST_CASE("a list of words is split at commas without its spaces") {
  CHECK(SplitWords("v3, v2,v1 ,") == std::vector<std::string_view>{"v3", "v2", "v1"});
  CHECK(SplitWords("").empty());
}

}  // namespace vmtelem
