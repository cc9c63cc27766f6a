#include <catch2/catch.hpp>

#include "stats_reader_fixture.h"

// How answers of QEMU's driver show the state of a VM's monitor, and which values of a VM need none.
namespace vmtelem {
namespace {

struct PartialFixture : StatsReaderFixture {
  // As QEMU's driver answers with and without the job of the VM.
  TypedParameters& Full(unsigned long long reqs) {
    return New().String("block.0.name", "vda").Ullong("block.0.rd.reqs", reqs).Ullong("balloon.current", 1);
  }
  TypedParameters& Partial() { return New().String("block.0.name", "vda").Ullong("balloon.current", 1); }

  // "web 01" is partial in the first `times` answers.
  void PartialAnswers(int times) {
    Open("QEMU");
    hooks.bulk = [this, times](const LibvirtHooks::BulkCall& call) -> LibvirtHooks::BulkAnswer {
      asked.push_back(call.domains.size());
      clock.Advance(std::chrono::milliseconds(10));
      std::vector<LibvirtHooks::Record> records;
      for (auto* domain : call.domains) {
        const bool partial = NameOf(domain) == "web 01" && static_cast<int>(asked.size()) <= times;
        records.push_back({domain, partial ? &Partial() : &Full(asked.size())});
      }
      return records;
    };
  }
  std::vector<std::size_t> asked;
};

TEST_CASE_METHOD(PartialFixture, "complete records show that the monitor answered") {
  PartialAnswers(0);
  REQUIRE(Read().has_value());
  CHECK(asked == std::vector<std::size_t>{3});
  CHECK(Vm("web 01").monitor_ok == true);
}

TEST_CASE_METHOD(PartialFixture, "a VM whose job another client held is asked once more on its own") {
  PartialAnswers(1);
  REQUIRE(Read().has_value());
  CHECK(asked == std::vector<std::size_t>{3, 1});
  CHECK(Vm("web 01").disks.at(0).counters[DiskCounter::kRdReqs] == 2U);
  CHECK(Vm("web 01").monitor_ok == true);
  CHECK(Vm("db:main").disks.at(0).counters[DiskCounter::kRdReqs] == 1U);
  CHECK(result.problems.empty());
  CHECK(result.without_monitor.empty());
}

TEST_CASE_METHOD(PartialFixture, "an answer to the second question has its own stamp") {
  PartialAnswers(1);
  REQUIRE(Read().has_value());
  CHECK(Vm("web 01").stamp.steady > Vm("db:main").stamp.steady);
}

TEST_CASE_METHOD(PartialFixture, "a VM that stays partial keeps the values that came and is reported") {
  PartialAnswers(2);
  REQUIRE(Read().has_value());
  CHECK(asked == std::vector<std::size_t>{3, 1});
  CHECK(Vm("web 01").memory[MemoryValue::kCurrentBytes] == 1024U);
  CHECK_FALSE(Vm("web 01").monitor_ok.has_value());
  CHECK(result.without_monitor == std::vector{Vm("web 01").uuid});
  CHECK(result.problems.empty());
}

TEST_CASE_METHOD(PartialFixture, "a VM that was partial in the previous answer is not reported again") {
  PartialAnswers(2);
  REQUIRE(Read().has_value());
  REQUIRE(result.without_monitor.size() == 1);
  REQUIRE(Read().has_value());
  CHECK(result.without_monitor.empty());
}

TEST_CASE_METHOD(PartialFixture, "a busy VM in the first answer does not turn QEMU to single calls") {
  PartialAnswers(2);
  REQUIRE(Read().has_value());
  CHECK_FALSE(Vm("web 01").vcpus.has_value());
}

TEST_CASE_METHOD(PartialFixture,
                 "with the group of disks alone the balloon is asked for as a witness, and its values are dropped") {
  Open("QEMU");
  int calls = 0;
  hooks.bulk = [&](const LibvirtHooks::BulkCall& call) -> LibvirtHooks::BulkAnswer {
    ++calls;
    CHECK(call.groups == (unsigned{VIR_DOMAIN_STATS_BLOCK} | VIR_DOMAIN_STATS_BALLOON));
    std::vector<LibvirtHooks::Record> records;
    for (auto* domain : call.domains) {
      // An empty CD-ROM; QEMU's driver has the resident memory whenever it has the job.
      auto& parameters = New().String("block.0.name", "sda").Ullong("balloon.current", 1);
      parameters.Ullong("balloon.rss", 1).Ullong("balloon.last-update", 1);
      records.push_back({domain, &parameters});
    }
    return records;
  };
  REQUIRE(Read(kGroupBlock).has_value());
  CHECK(calls == 1);
  CHECK(result.problems.empty());
  CHECK(Vm("web 01").monitor_ok == true);
  CHECK(Vm("web 01").memory == EnumArray<MemoryValue, Counter>{});
  CHECK_FALSE(Vm("web 01").memory_updated_s.has_value());
}

TEST_CASE_METHOD(PartialFixture, "a busy VM is noticed with the group of disks alone") {
  PartialAnswers(GENERATE(1, 2));
  REQUIRE(Read(kGroupBlock).has_value());
  CHECK(asked == std::vector<std::size_t>{3, 1});
  CHECK(Vm("web 01").memory == EnumArray<MemoryValue, Counter>{});
}

TEST_CASE_METHOD(PartialFixture, "whether the monitor answered is unknown when nothing was asked of it") {
  PartialAnswers(0);
  REQUIRE(Read(kGroupState).has_value());
  CHECK_FALSE(Vm("web 01").monitor_ok.has_value());
}

TEST_CASE_METHOD(PartialFixture, "a VM that is known to hang is asked once and not twice") {
  PartialAnswers(9);
  query.hung = {UuidOf(domains.back().get())};
  REQUIRE(NameOf(domains.back().get()) == "web 01");
  REQUIRE(Read().has_value());
  CHECK(asked == std::vector<std::size_t>{3});
  CHECK(result.without_monitor == query.hung);
  CHECK_FALSE(Vm("web 01").monitor_ok.has_value());
}

TEST_CASE_METHOD(PartialFixture, "a VM that was known to hang and answers in full is not reported") {
  PartialAnswers(0);
  query.hung = {UuidOf(domains.back().get())};
  REQUIRE(Read().has_value());
  CHECK(result.without_monitor.empty());
  CHECK(Vm("web 01").monitor_ok == true);
}

TEST_CASE_METHOD(PartialFixture, "a second question that fails leaves the VM partial") {
  PartialAnswers(2);
  hooks.bulk = [this, partial = hooks.bulk](const LibvirtHooks::BulkCall& call) -> LibvirtHooks::BulkAnswer {
    if (asked.size() < 1) return partial(call);
    LibvirtHooks::FailWith(VIR_ERR_OPERATION_FAILED, VIR_FROM_QEMU);
    return std::nullopt;
  };
  REQUIRE(Read().has_value());
  CHECK(result.without_monitor == std::vector{Vm("web 01").uuid});
}

TEST_CASE_METHOD(PartialFixture, "a connection that is lost with the second question is lost") {
  PartialAnswers(2);
  hooks.bulk = [this, partial = hooks.bulk](const LibvirtHooks::BulkCall& call) -> LibvirtHooks::BulkAnswer {
    if (asked.size() < 1) return partial(call);
    hooks.alive = false;
    LibvirtHooks::FailWith(VIR_ERR_RPC, VIR_FROM_RPC);
    return std::nullopt;
  };
  CHECK(Read().error().code == ErrorCode::kUnreachable);
}

struct WithoutMonitorFixture : StatsReaderFixture {
  unsigned asked = 0;

  WithoutMonitorFixture() {
    Open("QEMU");
    query.depth = Depth::kWithoutMonitor;
    hooks.bulk = [this](const LibvirtHooks::BulkCall& call) {
      asked = call.groups;
      return Running(call);
    };
  }
};

TEST_CASE_METHOD(WithoutMonitorFixture, "without the monitor QEMU's bulk is asked for the groups that take no job") {
  REQUIRE(Read().has_value());
  CHECK(asked == (unsigned{VIR_DOMAIN_STATS_STATE} | VIR_DOMAIN_STATS_INTERFACE));
  CHECK(result.without_monitor.empty());
  CHECK_FALSE(Vm("web 01").monitor_ok.has_value());
}

TEST_CASE_METHOD(WithoutMonitorFixture, "without the monitor single calls give what QEMU's driver knows by itself") {
  REQUIRE(Read().has_value());
  const auto& web = Vm("web 01");
  CHECK(web.state == 1);
  CHECK(web.cpu[CpuCounter::kTimeNs].has_value());
  CHECK(web.vcpus == 2U);
  CHECK(web.vcpus_max == 2U);
  CHECK(web.vcpu_stats.size() == 2);
  CHECK(web.memory[MemoryValue::kCurrentBytes] == 512U << 20);
  CHECK_FALSE(web.memory[MemoryValue::kRssBytes].has_value());
  CHECK(web.disks.empty());
}

TEST_CASE_METHOD(WithoutMonitorFixture,
                 "the CPU time without the monitor is that of the source the bulk takes it from") {
  REQUIRE(Read().has_value());
  virTypedParameter total{};  // a constant of the test driver, whose virDomainGetInfo() gives the time of day
  REQUIRE(virDomainGetCPUStats(domains.back().get(), &total, 1, -1, 1, 0) == 1);
  CHECK(Vm("web 01").cpu[CpuCounter::kTimeNs] == total.value.ul);
}

TEST_CASE_METHOD(WithoutMonitorFixture, "groups that need the monitor alone give single calls and no bulk call") {
  REQUIRE(Read(kGroupBalloon | kGroupBlock).has_value());
  CHECK(asked == 0);
  CHECK(AnsweredNames() == VmNames{"db:main", "paused", "web 01"});
  CHECK(Vm("web 01").memory[MemoryValue::kCurrentBytes] == 512U << 20);
}

TEST_CASE_METHOD(WithoutMonitorFixture, "a reading without the monitor does not change what the next one asks for") {
  REQUIRE(Read().has_value());
  query.depth = Depth::kFull;
  REQUIRE(Read().has_value());
  CHECK((asked & (unsigned{VIR_DOMAIN_STATS_BLOCK} | VIR_DOMAIN_STATS_BALLOON)) != 0);
}

}  // namespace
}  // namespace vmtelem
