#include "ship/size_limit.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

TEST_CASE("a refused request never raises the limit of size") {
  SizeLimit limit;
  limit.Refused(1000);
  CHECK(limit.max_bytes() == 501);
  limit.Refused(5000);
  CHECK(limit.max_bytes() == 501);
}

TEST_CASE("a request that took long halves the limit, but not to where requests become many") {
  SizeLimit limit;
  limit.TookLong(1'000'000);
  CHECK(limit.max_bytes() == 500'001);
  for (int i = 0; i < 20; ++i) limit.TookLong(limit.max_bytes());
  CHECK(limit.max_bytes() > 64 * 1024);
  CHECK(limit.max_bytes() < 70 * 1024);
}

}  // namespace
}  // namespace vmtelem
