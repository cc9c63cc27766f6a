#include <catch2/catch.hpp>

#include "stats_reader_fixture.h"

namespace vmtelem {
namespace {

bool Asks(const LibvirtHooks::BulkCall& call, const std::string& name) {
  return std::any_of(call.domains.begin(), call.domains.end(), [&](auto* domain) { return NameOf(domain) == name; });
}

TEST_CASE_METHOD(StatsReaderFixture, "a VM that turns out to be shut off by the single calls is left out") {
  Open();
  List(0);
  REQUIRE(domains.size() == 4);
  hooks.bulk = [&](const auto& call) { return Running(call); };
  REQUIRE(Read().has_value());
  CHECK(AnsweredNames() == VmNames{"db:main", "paused", "web 01"});
}

TEST_CASE_METHOD(StatsReaderFixture,
                 "the bulk call is for active VMs, does not wait, and has none of the dangerous groups") {
  Open("QEMU");
  std::vector<std::pair<unsigned, unsigned>> calls;
  hooks.bulk = [&](const auto& call) {
    calls.emplace_back(call.groups, call.flags);
    return Running(call);
  };
  REQUIRE(Read().has_value());
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].first == (VIR_DOMAIN_STATS_STATE | unsigned{VIR_DOMAIN_STATS_CPU_TOTAL} | VIR_DOMAIN_STATS_BALLOON |
                           VIR_DOMAIN_STATS_VCPU | VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK));
  CHECK(calls[0].second ==
        (unsigned{VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE} | VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT));
}

TEST_CASE_METHOD(StatsReaderFixture, "a group that the bulk lacks is not asked of it again") {
  Open();
  std::vector<unsigned> asked;
  hooks.bulk = [&](const auto& call) {
    asked.push_back(call.groups);
    return Running(call);
  };
  REQUIRE(Read().has_value());
  REQUIRE(Read().has_value());
  REQUIRE(asked.size() == 2);
  CHECK(asked[1] == VIR_DOMAIN_STATS_STATE);
}

TEST_CASE_METHOD(StatsReaderFixture, "a driver without bulk statistics is read by single calls throughout") {
  Open();
  int calls = 0;
  hooks.bulk = [&](const auto&) -> LibvirtHooks::BulkAnswer {
    ++calls;
    LibvirtHooks::FailWith(VIR_ERR_NO_SUPPORT, VIR_FROM_LXC);
    return std::nullopt;
  };
  REQUIRE(Read().has_value());
  REQUIRE(Read().has_value());
  CHECK(calls == 1);
  CHECK(AnsweredNames() == VmNames{"db:main", "paused", "web 01"});
  CHECK(Vm("paused").state == VIR_DOMAIN_PAUSED);
  CHECK(Vm("web 01").cpu[CpuCounter::kTimeNs].has_value());
  CHECK(Vm("web 01").disks.size() == 3);
  CHECK(Vm("web 01").stamp.wall_ns > 0);
}

TEST_CASE_METHOD(StatsReaderFixture, "a driver that does not know NOWAIT is asked without it from then on") {
  Open("Parallels");
  std::vector<bool> nowait;
  hooks.bulk = [&](const auto& call) -> LibvirtHooks::BulkAnswer {
    nowait.push_back((call.flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT) != 0);
    if (!nowait.back()) return Running(call);
    LibvirtHooks::FailWith(VIR_ERR_INVALID_ARG, VIR_FROM_PARALLELS);
    return std::nullopt;
  };
  REQUIRE(Read().has_value());
  REQUIRE(Read().has_value());
  CHECK(nowait == std::vector<bool>{true, false, false});
  CHECK(result.domains.size() == 3);
}

TEST_CASE_METHOD(StatsReaderFixture, "QEMU is asked with NOWAIT after any error") {
  Open("QEMU");
  std::vector<bool> nowait;
  hooks.bulk = [&](const auto& call) -> LibvirtHooks::BulkAnswer {
    nowait.push_back((call.flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT) != 0);
    if (nowait.size() > 1) return Running(call);
    LibvirtHooks::FailWith(VIR_ERR_INVALID_ARG, VIR_FROM_QEMU);
    return std::nullopt;
  };
  REQUIRE(Read().has_value());
  CHECK(nowait == std::vector<bool>{true, true, true});  // all, and two halves
}

TEST_CASE_METHOD(StatsReaderFixture, "the error of one VM costs that VM only, and it is named") {
  Open("QEMU");
  hooks.bulk = [&](const auto& call) -> LibvirtHooks::BulkAnswer {
    if (!Asks(call, "db:main")) return Running(call);
    LibvirtHooks::FailWith(VIR_ERR_INTERNAL_ERROR, VIR_FROM_QEMU, "its monitor is broken");
    return std::nullopt;
  };
  REQUIRE(Read().has_value());
  CHECK(AnsweredNames() == VmNames{"db:main", "paused", "web 01"});
  CHECK(Vm("web 01").state == 1);
  CHECK(Vm("paused").state == 1);
  CHECK(Vm("db:main").uuid == "22222222-0000-4000-8000-000000000002");
  CHECK_FALSE(Vm("db:main").state.has_value());
  REQUIRE(result.problems.size() == 1);
  CHECK(result.problems[0].message.find("'db:main'") != std::string::npos);
  CHECK(result.problems[0].message.find("its monitor is broken") != std::string::npos);
}

TEST_CASE_METHOD(StatsReaderFixture, "a VM that ended before the answer is absent and no problem") {
  Open("QEMU");
  const bool silently = GENERATE(true, false);
  hooks.bulk = [&](const auto& call) -> LibvirtHooks::BulkAnswer {
    if (!silently && Asks(call, "paused")) {
      LibvirtHooks::FailWith(VIR_ERR_NO_DOMAIN, VIR_FROM_QEMU);
      return std::nullopt;
    }
    auto records = *Running(call);
    std::erase_if(records, [](const auto& record) { return NameOf(record.domain) == "paused"; });
    return records;
  };
  REQUIRE(Read().has_value());
  CHECK(AnsweredNames() == VmNames{"db:main", "web 01"});
  CHECK(result.problems.empty());
}

TEST_CASE_METHOD(StatsReaderFixture, "refused access fails the whole answer with one call") {
  Open("QEMU");
  int calls = 0;
  hooks.bulk = [&](const auto&) -> LibvirtHooks::BulkAnswer {
    ++calls;
    LibvirtHooks::FailWith(VIR_ERR_ACCESS_DENIED, VIR_FROM_ACCESS);
    return std::nullopt;
  };
  CHECK(Read().error().code == ErrorCode::kDenied);
  CHECK(calls == 1);
}

TEST_CASE_METHOD(StatsReaderFixture, "a lost connection fails the whole answer with one call") {
  Open("QEMU");
  const bool by_error = GENERATE(true, false);
  int calls = 0;
  hooks.bulk = [&](const auto&) -> LibvirtHooks::BulkAnswer {
    ++calls;
    hooks.alive = by_error;
    LibvirtHooks::FailWith(by_error ? VIR_ERR_SYSTEM_ERROR : VIR_ERR_OPERATION_FAILED,
                           by_error ? VIR_FROM_RPC : VIR_FROM_QEMU);
    return std::nullopt;
  };
  CHECK(Read().error().code == ErrorCode::kUnreachable);
  CHECK(calls == 1);
}

TEST_CASE_METHOD(StatsReaderFixture, "a call that was given up asks nothing more") {
  Open("QEMU");
  int calls = 0;
  hooks.bulk = [&](const auto& call) {
    ++calls;
    return Running(call);
  };
  lane_clock.Abandon();
  CHECK(Read().error().code == ErrorCode::kTimeout);
  CHECK(calls == 0);
}

TEST_CASE_METHOD(StatsReaderFixture, "values out of range are counted per answer") {
  Open("QEMU");
  hooks.bulk = [&](const auto& call) {
    auto records = *Running(call);
    records[0].parameters->Ullong("cpu.time", ~0ULL);
    return LibvirtHooks::BulkAnswer(records);
  };
  REQUIRE(Read().has_value());
  REQUIRE(Read().has_value());
  CHECK(result.values_out_of_range == 1);
}

// As libvirt's daemon says of one that it cannot encode; the connection goes on.
TEST_CASE_METHOD(StatsReaderFixture, "a reply that is too large for the protocol is asked for in halves") {
  Open("QEMU");
  const int code = GENERATE(int{VIR_ERR_RPC}, int{VIR_ERR_INTERNAL_ERROR});
  std::vector<std::size_t> asked;
  hooks.bulk = [&](const LibvirtHooks::BulkCall& call) -> LibvirtHooks::BulkAnswer {
    asked.push_back(call.domains.size());
    if (call.domains.size() < 3) return Running(call);
    LibvirtHooks::FailWith(code, VIR_FROM_RPC, "Unable to encode message payload");
    return std::nullopt;
  };
  REQUIRE(Read().has_value());
  CHECK(asked == std::vector<std::size_t>{3, 1, 2});
  CHECK(AnsweredNames().size() == 3);
  CHECK(result.problems.empty());
}

TEST_CASE_METHOD(StatsReaderFixture, "a VM that was shut off during the call is gone, whatever its record says") {
  Open("QEMU");
  hooks.bulk = [&](const LibvirtHooks::BulkCall& call) {
    std::vector<LibvirtHooks::Record> records;
    for (auto* domain : call.domains) {
      const bool is_off = NameOf(domain) == "paused";
      auto& parameters = New().Int("state.state", is_off ? VIR_DOMAIN_SHUTOFF : VIR_DOMAIN_RUNNING);
      parameters.String("block.0.name", "vda").Ullong("block.0.rd.reqs", 1);
      records.push_back({domain, &parameters});
    }
    return LibvirtHooks::BulkAnswer(std::move(records));
  };
  REQUIRE(Read().has_value());
  CHECK(AnsweredNames() == VmNames{"db:main", "web 01"});
  CHECK(Vm("web 01").disks.size() == 1);
}

// libvirt reads the times and the memory of a process that is not there any more as 0.
TEST_CASE_METHOD(StatsReaderFixture, "a VM whose QEMU has died gives no zeros") {
  Open("QEMU");
  hooks.bulk = [&](const LibvirtHooks::BulkCall& call) {
    std::vector<LibvirtHooks::Record> records;
    for (auto* domain : call.domains) {
      auto& parameters = New().Int("state.state", VIR_DOMAIN_RUNNING).Ullong("balloon.current", 1);
      parameters.Ullong("balloon.rss", NameOf(domain) == "paused" ? 0 : 512).Ullong("cpu.time", 0);
      records.push_back({domain, &parameters});
    }
    return LibvirtHooks::BulkAnswer(std::move(records));
  };
  REQUIRE(Read().has_value());
  CHECK(AnsweredNames() == VmNames{"db:main", "web 01"});
}

TEST_CASE_METHOD(StatsReaderFixture, "very many VMs are asked for in several calls") {
  Open("QEMU");
  std::vector<std::size_t> asked;
  hooks.bulk = [&](const auto& call) {
    asked.push_back(call.domains.size());
    return Running(call);
  };
  while (domains.size() < 450) {
    virDomainRef(domains[0].get());
    domains.emplace_back(domains[0].get());
  }
  REQUIRE(Read().has_value());
  CHECK(asked == std::vector<std::size_t>{400, 50});
  CHECK(result.domains.size() == 450);
}

}  // namespace
}  // namespace vmtelem
