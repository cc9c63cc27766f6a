#include "collectors_fixture.h"

namespace vmtelem {
namespace {

TEST_CASE_METHOD(Fleet, "a pause ends sampling of all hypervisors, and those that join, until they are resumed") {
  collectors.Collect({Named("a")});
  REQUIRE(IsSampled("a"));
  CHECK(collectors.Pause());
  collectors.Collect({Named("a"), Named("b")});
  const int of_a = seen["a"]->collects, of_b = seen["b"]->collects;
  WaitFor(10 * options.interval);
  CHECK(seen["a"]->collects <= of_a + 1);  // may have been under way
  CHECK(seen["b"]->collects <= of_b + 1);
  CHECK(collectors.Resume());
  CHECK(IsSampled("a"));
  CHECK(IsSampled("b"));
}

TEST_CASE_METHOD(Fleet, "a pause of what is paused, and a resumption of what runs, change nothing") {
  collectors.Collect({Named("a")});
  CHECK_FALSE(collectors.Resume());
  CHECK(collectors.Pause());
  CHECK_FALSE(collectors.Pause());
  CHECK(collectors.paused());
  CHECK(collectors.Resume());
  CHECK_FALSE(collectors.paused());
}

}  // namespace
}  // namespace vmtelem
