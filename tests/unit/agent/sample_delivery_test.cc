#include "agent/sample_delivery.h"

#include <optional>
#include <sstream>

#include <catch2/catch.hpp>
#include <spdlog/sinks/ostream_sink.h>

#include "fakes/default_settings.h"
#include "fakes/fake_spool.h"
#include "fakes/hooked_clock.h"
#include "fakes/instant_sink.h"
#include "fakes/null_logger.h"
#include "fakes/sample_lines.h"
#include "fakes/temporary_directory.h"
#include "spool/disk_spool.h"
#include "spool/memory_spool.h"
#include "spool/spool_name.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

// A database, and a spool from which another process may deliver.
struct DeliveryWorld {
  DeliveryWorld() { options.drain_timeout = 10s; }

  Delivery Once(std::unique_ptr<Spool> spool) {
    return DeliverOnce(SampleLines(0, 2), {std::make_unique<InstantSink>(received), std::move(spool)}, options, clock,
                       MakeNullLogger());
  }
  Delivery FromSpool(Lines lines = SampleLines(0, 2)) {
    auto log =
        MakeLogger(std::make_shared<spdlog::sinks::ostream_sink_mt>(logged), LogFormat::kJournald, LogLevel::kInfo);
    SampleDelivery delivery(options, {clock, MakeNullLogger(), log, std::make_unique<InstantSink>(received)});
    return delivery.FromSpool(SpoolLock(root.path() / "spool", "v3_a", SpoolRole::kPassing), std::move(lines));
  }
  void OtherProcessDelivers(const Unwritten& but = {}) {
    other.emplace(DiskSpoolOptions{options}, SpoolLock(root.path() / "spool", "v3_a"), clock, MakeNullLogger());
    clock.on_wait = [this, but] {
      other->CatchUp();
      while (const auto batch = other->Next()) other->Acknowledge(batch->id, but);
    };
  }
  [[nodiscard]] std::vector<std::filesystem::path> Batches() const {
    std::vector<std::filesystem::path> batches;
    for (const std::string& name : NamesIn(root.path() / "spool" / "v3_a")) {
      if (ParseSpoolName(name)) batches.push_back(root.path() / "spool" / "v3_a" / name);
    }
    return batches;
  }

  TemporaryDirectory root;
  SystemClock real;
  HookedClock clock{real};
  DeliveryOptions options = DefaultDelivery();
  std::shared_ptr<Received> received = std::make_shared<Received>();
  std::optional<DiskSpool> other;
  std::ostringstream logged;
};

struct DatabaseAwayWorld : DeliveryWorld {
  DatabaseAwayWorld() {
    received->accept = false;
    options.drain_timeout = 100ms;
  }
};

TEST_CASE_METHOD(DeliveryWorld, "lines that are delivered once are all accounted for") {
  const Delivery delivery = Once(std::make_unique<MemorySpool>(options));
  CHECK(delivery.lines.written == 2);
  CHECK_FALSE(delivery.fault.has_value());
  CHECK(received->bytes == SampleLines(0, 2).bytes);
}

TEST_CASE_METHOD(DatabaseAwayWorld, "lines that cannot be delivered once are left in the spool, if there is one") {
  const Delivery delivery = Once(std::make_unique<FakeSpool>());
  CHECK(delivery.lines.spooled == 2);
  REQUIRE(delivery.fault.has_value());
  CHECK(delivery.fault->code == ErrorCode::kUnreachable);
}

TEST_CASE_METHOD(DatabaseAwayWorld, "lines that cannot be delivered once come back with the reason") {
  const Delivery delivery = Once(std::make_unique<MemorySpool>(options));
  CHECK(delivery.lines.dropped == 2);
  REQUIRE(delivery.fault.has_value());
  CHECK(delivery.fault->code == ErrorCode::kUnreachable);
}

TEST_CASE_METHOD(DeliveryWorld, "a sample is delivered by the process that holds the spool's lock, with what waits") {
  DatabaseAwayWorld before;
  REQUIRE(EnqueueInSpool(root.path() / "spool", "v3_a", *SampleBatch(100, 3)));
  const Delivery delivery = FromSpool();
  CHECK(delivery.sample.written == 2);
  CHECK(delivery.lines.recovered == 3);
  CHECK(received->lines == 5);
  CHECK(Batches().empty());
}

TEST_CASE_METHOD(DatabaseAwayWorld, "a sample that the database does not take waits in the spool") {
  const Delivery delivery = FromSpool();
  CHECK(delivery.sample.waiting == 2);
  CHECK(delivery.fault.has_value());
  CHECK(Batches().size() == 1);
}

TEST_CASE_METHOD(DeliveryWorld, "a sample is handed to the process that delivers from the spool, and waited for") {
  OtherProcessDelivers();
  const Delivery delivery = FromSpool();
  CHECK(delivery.sample.written == 2);
  CHECK(delivery.lines.written == 2);
  CHECK_FALSE(delivery.fault);
  CHECK(delivery.lost.empty());
  CHECK(received->lines == 0);
}

TEST_CASE_METHOD(DeliveryWorld, "a sample whose lines another process had refused is at fault") {
  OtherProcessDelivers({.rejected = 2});
  const Delivery delivery = FromSpool();
  CHECK(delivery.sample.rejected == 2);
  REQUIRE(delivery.fault);
  CHECK(delivery.fault->code == ErrorCode::kRefusedData);
  CHECK_THAT(delivery.fault->message, Contains("the database has refused 2 lines of this sample"));
}

TEST_CASE_METHOD(DeliveryWorld, "a sample that was removed while it waited for another process is lost") {
  OtherProcessDelivers();
  clock.on_wait = [this] { std::filesystem::remove(Batches().at(0)); };
  const Delivery delivery = FromSpool();
  CHECK(delivery.sample.dropped == 2);
  CHECK(LostLines(delivery.lines) == 2);
  CHECK_THAT(delivery.lost, Contains("this sample is lost: "));
}

TEST_CASE_METHOD(DeliveryWorld,
                 "another process is waited for as long as the drain time-out, and the sample waits on") {
  OtherProcessDelivers();
  options.drain_timeout = 200ms;
  clock.on_wait = nullptr;
  const SteadyTime begin = clock.SteadyNow();
  const Delivery delivery = FromSpool();
  CHECK(clock.SteadyNow() - begin >= 200ms);
  CHECK(delivery.sample.waiting == 2);
  CHECK(delivery.lines.spooled == 2);
  REQUIRE(delivery.fault);
  CHECK(delivery.fault->code == ErrorCode::kInUse);
  CHECK(Batches().size() == 1);
}

TEST_CASE_METHOD(DeliveryWorld, "what waits is delivered here when the other process has ended") {
  OtherProcessDelivers();
  clock.on_wait = [this] { other.reset(); };
  const Delivery delivery = FromSpool();
  CHECK(delivery.sample.written == 2);
  CHECK(received->lines == 2);
  CHECK(Batches().empty());
}

TEST_CASE_METHOD(DeliveryWorld, "a sample that waits still when another process has ended says where") {
  OtherProcessDelivers();
  clock.on_wait = [this] { other.reset(); };
  received->accept = false;
  options.drain_timeout = 200ms;
  const Delivery delivery = FromSpool();
  CHECK(delivery.sample.waiting == 2);
  CHECK(delivery.fault);
}

TEST_CASE_METHOD(DeliveryWorld, "a sample is delivered from memory where no spool can be had, which is logged") {
  WriteFileBytes(root.path() / "spool", "a file");
  const Delivery delivery = FromSpool();
  CHECK(delivery.sample.written == 2);
  CHECK_THAT(logged.str(), Contains("cannot use the spool"));
}

TEST_CASE_METHOD(DeliveryWorld, "without a sample nothing is handed to the process that delivers") {
  OtherProcessDelivers();
  const Delivery delivery = FromSpool({});
  CHECK(delivery.lines.sampled == 0);
  CHECK_FALSE(delivery.fault);
  CHECK(Batches().empty());
}

}  // namespace
}  // namespace vmtelem
