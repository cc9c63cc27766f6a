#include "ship/known_poison.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

TEST_CASE("later lines of the series of a line that was isolated are known, others are not") {
  KnownPoison known;
  CHECK(known.empty());
  known.Learn("vm_totals,vm=a state=1i 1");
  CHECK(known.Has("vm_totals,vm=a state=5i 2"));
  CHECK_FALSE(known.Has("vm_totals,vm=ab state=5i 2"));
  CHECK_FALSE(known.Has("vm_nic,vm=a rx_bytes=5i 2"));
}

TEST_CASE("a series of which a line was stored is known no more") {
  KnownPoison known;
  known.Learn("m,vm=a f=1i 1");
  known.Forget("m,vm=a f=2i 2");
  CHECK(known.empty());
}

TEST_CASE("no more series are kept than may be") {
  KnownPoison known;
  for (std::size_t i = 0; i <= KnownPoison::kMost; ++i) known.Learn("m,vm=" + std::to_string(i) + " f=1i 1");
  CHECK(known.Has("m,vm=0 f=1i 1"));
  CHECK_FALSE(known.Has("m,vm=" + std::to_string(KnownPoison::kMost) + " f=1i 1"));
}

}  // namespace
}  // namespace vmtelem
