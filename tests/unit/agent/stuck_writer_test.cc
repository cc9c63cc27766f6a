#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

#include "agent/agent.h"
#include "fakes/default_settings.h"
#include "fakes/eventually.h"
#include "fakes/fake_source.h"
#include "fakes/fake_spool.h"
#include "fakes/instant_sink.h"
#include "fakes/null_logger.h"
#include "given_sources.h"

// A disk that does not answer.
namespace vmtelem {
namespace {

using namespace std::chrono_literals;

struct Disk {
  std::atomic<bool> hangs = true, asked = false, closed = false;
};

class SpoolOnHungDisk final : public Spool {
 public:
  explicit SpoolOnHungDisk(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {}
  ~SpoolOnHungDisk() override { disk_->closed = true; }
  SpoolOnHungDisk(const SpoolOnHungDisk&) = delete;
  SpoolOnHungDisk& operator=(const SpoolOnHungDisk&) = delete;

  SpooledBatch Add(std::shared_ptr<const Batch> batch) override {
    disk_->asked = true;
    while (disk_->hangs) std::this_thread::yield();
    return spool_.Add(std::move(batch));
  }
  std::optional<SpooledBatch> AddIfDurable(std::shared_ptr<const Batch> batch) override {
    return spool_.AddIfDurable(std::move(batch));
  }
  bool AddInPlace(std::shared_ptr<const Batch> batch) override { return spool_.AddInPlace(std::move(batch)); }
  std::optional<SpooledBatch> Take(std::uint64_t id) override { return spool_.Take(id); }
  bool HandOut(std::uint64_t id) override { return spool_.HandOut(id); }
  std::optional<SpooledBatch> Next() override { return spool_.Next(); }
  void Acknowledge(std::uint64_t id, const Unwritten& but) override { spool_.Acknowledge(id, but); }
  void KeepRejected(std::string_view line, std::string_view reason) override { spool_.KeepRejected(line, reason); }
  SpoolChanges CatchUp() override { return spool_.CatchUp(); }
  [[nodiscard]] SpoolStats stats() const override { return spool_.stats(); }

 private:
  FakeSpool spool_;
  std::shared_ptr<Disk> disk_;
};

struct World {
  explicit World(Nanoseconds drain_grace = 10ms) {
    options.collect.interval = 100ms;
    delivery.batch_max_age = 50ms;
    options.drain_grace = drain_grace;
    source->domains = {MakeDomain("web", 1)};
    agent.emplace(options, Giving(std::move(source)),
                  DeliveryTarget{std::make_unique<InstantSink>(received), std::make_unique<SpoolOnHungDisk>(disk)},
                  clock, MakeNullLogger());
    agent->Start(kOneHypervisor);
    REQUIRE(Eventually([this] { return disk->asked.load(); }));
  }
  ~World() {
    disk->hangs = false;
    agent.reset();
    Eventually([this] { return disk->closed.load(); });  // by the writer, which uses the clock and the settings
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  SystemClock clock;
  DeliveryOptions delivery = DefaultDelivery();
  AgentOptions options{.collect = {}, .delivery = delivery};
  std::unique_ptr<FakeSource> source = std::make_unique<FakeSource>(clock);
  std::shared_ptr<Received> received = std::make_shared<Received>();
  std::shared_ptr<Disk> disk = std::make_shared<Disk>();
  std::optional<Agent> agent;
};

struct PatientWorld : World {
  PatientWorld() : World(30s) {}
};

TEST_CASE_METHOD(World, "sampling goes on while the disk of the spool does not answer") {
  const std::uint64_t before = agent->report().lines.sampled;
  CHECK(Eventually([&] { return agent->report().lines.sampled > before + 5; }));
}

TEST_CASE_METHOD(World, "a stop leaves a writer behind that the disk does not let go, and accounts for its lines") {
  const LineCounts lines = agent->Stop({}).lines;
  CHECK(agent->writer_is_stuck());
  CHECK(lines.queued == lines.sampled);
}

TEST_CASE_METHOD(PatientWorld, "a stop waits for a writer that the disk lets go") {
  disk->hangs = false;
  const LineCounts lines = agent->Stop({}).lines;
  CHECK_FALSE(agent->writer_is_stuck());
  CHECK(lines.queued == 0);
}

TEST_CASE_METHOD(World, "the status line says that delivery stands still, and for how long") {
  CHECK_THAT(agent->StatusLine(), !Catch::Contains("stood still"));
  CHECK(
      Eventually([this] { return agent->StatusLine().find("delivery has stood still for 3s") != std::string::npos; }));
}

}  // namespace
}  // namespace vmtelem
