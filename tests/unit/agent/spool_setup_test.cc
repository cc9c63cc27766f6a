#include "agent/spool_setup.h"

#include <optional>

#include <catch2/catch.hpp>

#include "fakes/default_settings.h"
#include "fakes/fake_clock.h"
#include "fakes/hooked_clock.h"
#include "fakes/null_logger.h"
#include "fakes/temporary_directory.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

// A service that starts while another process may deliver from its place in the spool.
struct StartingService {
  Result<std::unique_ptr<Spool>> Open() {
    return OpenServiceSpool(options, SpoolLock(root.path(), "v3_a", SpoolRole::kService), clock, MakeNullLogger());
  }
  void OtherProcess(SpoolRole role) { other.emplace(root.path(), "v3_a", role); }
  void SaysNothingOfItself() { WriteFileBytes(root.path() / "v3_a" / "lock", ""); }

  TemporaryDirectory root;
  FakeClock time;
  HookedClock clock{time};
  const SteadyTime begin = time.SteadyNow();
  DeliveryOptions options = DefaultDelivery();
  std::optional<SpoolLock> other;
};

TEST_CASE_METHOD(StartingService, "a service gets a spool from which nobody delivers, at once") {
  CHECK(Open());
  CHECK(time.SteadyNow() == begin);
}

TEST_CASE_METHOD(StartingService, "a second service gets no spool, and learns what to do") {
  OtherProcess(SpoolRole::kService);
  const auto spool = Open();
  REQUIRE_FALSE(spool);
  CHECK(spool.error().code == ErrorCode::kInUse);
  CHECK_THAT(spool.error().hint, Catch::Contains("--spool-dir"));
  CHECK(time.SteadyNow() == begin);
}

TEST_CASE_METHOD(StartingService, "a process that is gone soon does not keep a service from starting") {
  OtherProcess(SpoolRole::kPassing);
  CHECK(Open());
  CHECK(time.SteadyNow() == begin);
}

TEST_CASE_METHOD(StartingService, "a process that says nothing of itself for half a second is taken for a service") {
  OtherProcess(SpoolRole::kPassing);
  SaysNothingOfItself();
  CHECK_FALSE(Open());
  CHECK(time.SteadyNow() - begin >= 500ms);
}

TEST_CASE_METHOD(StartingService, "a process that says nothing of itself and ends within half a second is no service") {
  OtherProcess(SpoolRole::kPassing);
  SaysNothingOfItself();
  clock.on_wait = [this] { other.reset(); };
  CHECK(Open());
  CHECK(time.SteadyNow() - begin < 500ms);
}

}  // namespace
}  // namespace vmtelem
