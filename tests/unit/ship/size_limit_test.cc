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

}  // namespace
}  // namespace vmtelem
