#include "libvirt/read/bulk_decode.h"

#include <catch2/catch.hpp>

#include "unit/libvirt/typed_parameters.h"

namespace vmtelem {
namespace {

DomainStats Decoded(const TypedParameters& parameters) {
  DomainStats stats;
  BulkDecoder().Decode(parameters.all(), stats);
  return stats;
}

TEST_CASE("state and reason are decoded") {
  TypedParameters parameters;
  const auto stats = Decoded(parameters.Int("state.state", 3).Int("state.reason", 5));
  CHECK(stats.state == 3);
  CHECK(stats.state_reason == 5);
}

TEST_CASE("every CPU counter is decoded from its key") {
  TypedParameters parameters;
  const auto stats = Decoded(parameters.Ullong("cpu.time", 11).Ullong("cpu.user", 22).Ullong("cpu.system", 33));
  CHECK(stats.cpu == EnumArray<CpuCounter, Counter>{{11U, 22U, 33U}});
}

TEST_CASE("memory sizes are KiB in libvirt and bytes here") {
  const auto [key, value] = GENERATE(table<const char*, MemoryValue>({
      {"balloon.current", MemoryValue::kCurrentBytes},
      {"balloon.maximum", MemoryValue::kMaxBytes},
      {"balloon.rss", MemoryValue::kRssBytes},
      {"balloon.usable", MemoryValue::kUsableBytes},
      {"balloon.available", MemoryValue::kAvailableBytes},
      {"balloon.unused", MemoryValue::kUnusedBytes},
      {"balloon.disk_caches", MemoryValue::kDiskCachesBytes},
      {"balloon.swap_in", MemoryValue::kSwapInBytes},
      {"balloon.swap_out", MemoryValue::kSwapOutBytes},
  }));
  CAPTURE(key);
  TypedParameters parameters;
  CHECK(Decoded(parameters.Ullong(key, 7)).memory[value] == 7U * 1024);
}

TEST_CASE("memory counts are taken as they are") {
  const auto [key, value] = GENERATE(table<const char*, MemoryValue>({
      {"balloon.major_fault", MemoryValue::kMajorFaults},
      {"balloon.minor_fault", MemoryValue::kMinorFaults},
      {"balloon.hugetlb_pgalloc", MemoryValue::kHugetlbPgalloc},
      {"balloon.hugetlb_pgfail", MemoryValue::kHugetlbPgfail},
  }));
  CAPTURE(key);
  TypedParameters parameters;
  CHECK(Decoded(parameters.Ullong(key, 7)).memory[value] == 7U);
}

TEST_CASE("a size that has no room in bytes is left out and counted") {
  TypedParameters parameters;
  parameters.Ullong("balloon.current", 1ULL << 53).Ullong("balloon.maximum", (1ULL << 53) - 1);
  DomainStats stats;
  BulkDecoder decoder;
  decoder.Decode(parameters.all(), stats);
  CHECK_FALSE(stats.memory[MemoryValue::kCurrentBytes].has_value());
  CHECK(stats.memory[MemoryValue::kMaxBytes] == ((1ULL << 53) - 1) * 1024);
  CHECK(decoder.values_out_of_range() == 1);
}

TEST_CASE("a guest that has never reported has no time of its last report") {
  TypedParameters never;
  TypedParameters once;
  CHECK_FALSE(Decoded(never.Ullong("balloon.last-update", 0)).memory_updated_s.has_value());
  CHECK(Decoded(once.Ullong("balloon.last-update", 1700000000)).memory_updated_s == 1700000000U);
}

TEST_CASE("vCPUs keep their index when some are missing") {
  TypedParameters parameters;
  parameters.Uint("vcpu.current", 2).Uint("vcpu.maximum", 8);
  parameters.Int("vcpu.0.state", 1).Ullong("vcpu.0.time", 10).Ullong("vcpu.0.wait", 11).Ullong("vcpu.0.delay", 12);
  parameters.Int("vcpu.5.state", 1).Ullong("vcpu.5.time", 20).Boolean("vcpu.5.halted", true);
  const auto stats = Decoded(parameters);
  CHECK(stats.vcpus == 2U);
  CHECK(stats.vcpus_max == 8U);
  REQUIRE(stats.vcpu_stats.size() == 2);
  CHECK(stats.vcpu_stats[0].counters == EnumArray<VcpuCounter, Counter>{{10U, 11U, 12U}});
  CHECK_FALSE(stats.vcpu_stats[0].halted.has_value());
  CHECK(stats.vcpu_stats[1].index == 5);
  CHECK(stats.vcpu_stats[1].state == 1);
  CHECK(stats.vcpu_stats[1].halted == true);
  CHECK_FALSE(stats.vcpu_stats[1].counters[VcpuCounter::kWaitNs].has_value());
}

TEST_CASE("keys of newer libvirt for a vCPU do not make up a vCPU") {
  TypedParameters parameters;
  CHECK(
      Decoded(parameters.Ullong("vcpu.3.halt_exits.sum", 4).Boolean("vcpu.3.guest_mode.cur", true)).vcpu_stats.empty());
}

TEST_CASE("every NIC counter is decoded from its key") {
  TypedParameters parameters;
  parameters.Uint("net.count", 1).String("net.0.name", "vnet7");
  parameters.Ullong("net.0.rx.bytes", 1)
      .Ullong("net.0.rx.pkts", 2)
      .Ullong("net.0.rx.errs", 3)
      .Ullong("net.0.rx.drop", 4);
  parameters.Ullong("net.0.tx.bytes", 5)
      .Ullong("net.0.tx.pkts", 6)
      .Ullong("net.0.tx.errs", 7)
      .Ullong("net.0.tx.drop", 8);
  const auto stats = Decoded(parameters);
  REQUIRE(stats.nics.size() == 1);
  CHECK(stats.nics[0].device == "vnet7");
  CHECK(stats.nics[0].counters == EnumArray<NicCounter, Counter>{{1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}});
}

TEST_CASE("a hole in the numbering of NICs is no NIC") {
  TypedParameters parameters;
  parameters.Uint("net.count", 3).String("net.0.name", "vnet0").String("net.2.name", "vnet2");
  parameters.Ullong("net.2.rx.bytes", 9);
  const auto stats = Decoded(parameters);
  REQUIRE(stats.nics.size() == 2);
  CHECK(stats.nics[1].device == "vnet2");
  CHECK(stats.nics[1].counters[NicCounter::kRxBytes] == 9U);
  CHECK_FALSE(stats.nics[0].counters[NicCounter::kRxBytes].has_value());
}

TEST_CASE("a NIC that libvirt does not name is left out") {
  TypedParameters parameters;
  CHECK(Decoded(parameters.Ullong("net.0.rx.bytes", 9)).nics.empty());
}

TEST_CASE("keys of two NICs may come in any order") {
  TypedParameters parameters;
  parameters.String("net.1.name", "b")
      .String("net.0.name", "a")
      .Ullong("net.1.tx.bytes", 2)
      .Ullong("net.0.tx.bytes", 1);
  const auto stats = Decoded(parameters);
  REQUIRE(stats.nics.size() == 2);
  CHECK(stats.nics[0].counters[NicCounter::kTxBytes] == 2U);
  CHECK(stats.nics[1].counters[NicCounter::kTxBytes] == 1U);
}

TEST_CASE("every disk counter and size is decoded from its key") {
  TypedParameters parameters;
  parameters.Uint("block.count", 1).String("block.0.name", "vda").String("block.0.path", "/x");
  parameters.Ullong("block.0.rd.reqs", 1).Ullong("block.0.rd.bytes", 2).Ullong("block.0.rd.times", 3);
  parameters.Ullong("block.0.wr.reqs", 4).Ullong("block.0.wr.bytes", 5).Ullong("block.0.wr.times", 6);
  parameters.Ullong("block.0.fl.reqs", 7).Ullong("block.0.fl.times", 8).Ullong("block.0.errors", 9);
  parameters.Ullong("block.0.capacity", 10).Ullong("block.0.allocation", 11).Ullong("block.0.physical", 12);
  const auto stats = Decoded(parameters);
  REQUIRE(stats.disks.size() == 1);
  CHECK(stats.disks[0].device == "vda");
  CHECK(stats.disks[0].counters == EnumArray<DiskCounter, Counter>{{1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U}});
  CHECK(stats.disks[0].gauges == EnumArray<DiskGauge, Counter>{{10U, 11U, 12U}});
}

TEST_CASE("of several blocks of one name the first is the disk") {
  TypedParameters parameters;
  parameters.String("block.0.name", "vda").Ullong("block.0.rd.reqs", 1).Ullong("block.0.capacity", 100);
  parameters.String("block.1.name", "vda").Uint("block.1.backingIndex", 3).Ullong("block.1.capacity", 200);
  parameters.String("block.2.name", "vdb").Ullong("block.2.rd.reqs", 2);
  const auto stats = Decoded(parameters);
  REQUIRE(stats.disks.size() == 2);
  CHECK(stats.disks[0].gauges[DiskGauge::kCapacityBytes] == 100U);
  CHECK(stats.disks[1].device == "vdb");
}

TEST_CASE("NICs of one name, which all have its counters, are one NIC") {
  TypedParameters parameters;
  parameters.Uint("net.count", 3).String("net.0.name", "eth4").Ullong("net.0.rx.bytes", 1);
  parameters.String("net.1.name", "vnet0").Ullong("net.1.rx.bytes", 2);
  parameters.String("net.2.name", "eth4").Ullong("net.2.rx.bytes", 1);
  const auto stats = Decoded(parameters);
  REQUIRE(stats.nics.size() == 2);
  CHECK(stats.nics[0].device == "eth4");
  CHECK(stats.nics[0].counters[NicCounter::kRxBytes] == 1U);
  CHECK(stats.nics[1].device == "vnet0");
}

TEST_CASE("an empty drive is listed without counters") {
  TypedParameters parameters;
  const auto stats = Decoded(parameters.String("block.0.name", "hda"));
  REQUIRE(stats.disks.size() == 1);
  CHECK(stats.disks[0].counters == EnumArray<DiskCounter, Counter>{});
}

TEST_CASE("keys that nobody knows are ignored", "[bulk]") {
  const auto* key = GENERATE("", ".", "net", "net.", "net.x", "net.0", "net.0.", "net.99999999999.name", "net.-1.name",
                             "block..name", "vcpu.0", "vcpu.1.time.sum", "balloon.", "perf.cmt",
                             "cpu.haltpoll.fail.time", "state", "iothread.count", "cpu.time.more");
  CAPTURE(key);
  TypedParameters parameters;
  const auto stats = Decoded(parameters.Ullong(key, 1));
  const bool is_empty_nic_or_disk = stats.nics.empty() && stats.disks.empty();
  CHECK(is_empty_nic_or_disk);
  CHECK(stats.vcpu_stats.empty());
  CHECK(stats.cpu == EnumArray<CpuCounter, Counter>{});
  CHECK(stats.memory == EnumArray<MemoryValue, Counter>{});
}

TEST_CASE("a name that is not a string is no name") {
  TypedParameters parameters;
  CHECK(Decoded(parameters.Ullong("net.0.name", 5)).nics.empty());
}

TEST_CASE("the groups that had a key are reported") {
  const auto [key, group] = GENERATE(table<const char*, StatsGroups>({{"state.state", kGroupState},
                                                                      {"cpu.time", kGroupCpu},
                                                                      {"balloon.current", kGroupBalloon},
                                                                      {"vcpu.current", kGroupVcpu},
                                                                      {"net.count", kGroupInterface},
                                                                      {"block.count", kGroupBlock},
                                                                      {"perf.cmt", 0}}));
  CAPTURE(key);
  TypedParameters parameters;
  parameters.Uint(key, 0);
  DomainStats stats;
  CHECK(BulkDecoder().Decode(parameters.all(), stats) == group);
}

TEST_CASE("a decoder keeps nothing of the VM before") {
  TypedParameters first;
  TypedParameters second;
  first.String("net.0.name", "a").String("net.1.name", "b").String("block.0.name", "vda");
  second.String("net.1.name", "c");
  BulkDecoder decoder;
  DomainStats stats;
  decoder.Decode(first.all(), stats);
  stats = {};
  decoder.Decode(second.all(), stats);
  REQUIRE(stats.nics.size() == 1);
  CHECK(stats.nics[0].device == "c");
  CHECK(stats.disks.empty());
}

TEST_CASE("an answer shows whether the monitor took part") {
  struct Row {
    const char* what;
    bool block, reqs, balloon, rss, has, lacks;
  };
  const auto row = GENERATE(values<Row>({{"nothing asked", false, false, false, false, false, false},
                                         {"disk without numbers", true, false, false, false, false, false},
                                         {"disk and balloon without numbers", true, false, true, false, false, true},
                                         {"disk with numbers", true, true, false, false, true, false},
                                         {"balloon without rss", false, false, true, false, false, true},
                                         {"balloon with rss", false, false, true, true, true, false},
                                         // vhost-user disks never have numbers
                                         {"only the disk lacks", true, false, true, true, true, false}}));
  CAPTURE(row.what);
  TypedParameters parameters;
  if (row.block) parameters.String("block.0.name", "vda");
  if (row.reqs) parameters.Ullong("block.0.rd.reqs", 0);
  if (row.balloon) parameters.Ullong("balloon.current", 1);
  if (row.rss) parameters.Ullong("balloon.rss", 1);
  const auto stats = Decoded(parameters);
  CHECK(HasMonitorFields(stats) == row.has);
  CHECK(LacksMonitorFields(stats) == row.lacks);
}

}  // namespace
}  // namespace vmtelem
