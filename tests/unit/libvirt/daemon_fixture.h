#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "adjusted_clock.h"
#include "fake_daemon.h"
#include "fakes/default_settings.h"
#include "fakes/eventually.h"
#include "fakes/null_logger.h"
#include "libvirt/libvirt_source.h"
#include "libvirt/shards.h"

namespace vmtelem {

// A source on a fake daemon with VMs in three shards: 0 to 3, 4 to 7, 8 to 11.
struct DaemonFixture {
  using Function = FakeDaemon::Function;
  static constexpr int kVms = FakeDaemon::kVms;
  static constexpr int kShards = 3;

  FakeDaemon daemon;
  AdjustedClock clock{kTimeScale};
  CollectOptions options = DefaultConfig().collect;
  Snapshot snapshot;
  std::unique_ptr<Source> source;

  DaemonFixture() { options.lanes = kShards; }
  ~DaemonFixture() { Stop(); }
  DaemonFixture(const DaemonFixture&) = delete;
  DaemonFixture& operator=(const DaemonFixture&) = delete;

  void Make() { source = MakeLibvirtSource({.uri = daemon.uri()}, options, clock, MakeNullLogger()); }
  // Collects until all lanes, the spare ones too, are connected and know the VMs.
  void Start() {
    Make();
    REQUIRE(Eventually([this] { return CollectedInFull() && IsConnected(); }));
    for (int i = 0; i < 2; ++i) REQUIRE(CollectedInFull());
  }
  // The control connection, the lanes and the spare ones, and each has listed the VMs.
  [[nodiscard]] bool IsConnected() const {
    const int connections = 1 + static_cast<int>(options.lanes + kSpares);
    return snapshot.lanes_parked == 0 && daemon.lists_answered() >= connections;
  }

  // Waits until no thread is left that may still call libvirt.
  void Stop() {
    daemon.EndFaults();
    if (source != nullptr) Eventually([this] { return source->Close() == 0; });
    source.reset();
  }

  Result<void> Collect() { return source->Collect(snapshot); }
  bool CollectedInFull() { return Collect().has_value() && CountFull() == kVms; }
  [[nodiscard]] Nanoseconds took() const { return snapshot.poll_latency; }
  // Of several collections, so that a busy machine does not count.
  Nanoseconds QuickestOf(int count) {
    Nanoseconds quickest = Nanoseconds::max();
    for (int i = 0; i < count; ++i) {
      REQUIRE(Collect().has_value());
      quickest = std::min(quickest, took());
    }
    return quickest;
  }

  [[nodiscard]] const DomainStats* Find(int vm) const {
    const auto found = std::find_if(snapshot.domains.begin(), snapshot.domains.end(),
                                    [&](const auto& stats) { return stats.uuid == FakeDaemon::Uuid(vm); });
    return found == snapshot.domains.end() ? nullptr : &*found;
  }
  [[nodiscard]] const DomainStats& Vm(int vm) const {
    const auto* found = Find(vm);
    REQUIRE(found != nullptr);
    return *found;
  }
  static bool IsFull(const DomainStats& stats) {
    return stats.monitor_ok == true && stats.state && stats.memory[MemoryValue::kRssBytes] && stats.disks.size() == 1 &&
           stats.disks[0].counters[DiskCounter::kRdReqs].has_value();
  }
  // What is known of a VM whose QEMU hangs.
  static bool IsPartial(const DomainStats& stats) {
    return stats.monitor_ok == false && stats.monitor_blocked_s && stats.state && stats.domain_id &&
           stats.cpu[CpuCounter::kTimeNs] && !stats.memory[MemoryValue::kRssBytes] && stats.disks.size() == 1 &&
           !stats.disks[0].counters[DiskCounter::kRdReqs].has_value();
  }
  // What is known of a VM whose lock is held: nothing.
  static bool IsSetAside(const DomainStats& stats) {
    return stats.monitor_ok == false && stats.monitor_blocked_s && !stats.domain_id && !HasStatistics(stats);
  }
  static bool HasStateAndNetwork(const DomainStats& stats) {
    return stats.state && stats.nics.size() == 1 && stats.nics[0].counters[NicCounter::kRxBytes].has_value();
  }

  using Property = bool (*)(const DomainStats&);
  [[nodiscard]] std::vector<int> VmsThat(Property property) const {
    std::vector<int> vms;
    for (int vm = 0; vm < kVms; ++vm) {
      if (const auto* stats = Find(vm); stats != nullptr && property(*stats)) vms.push_back(vm);
    }
    return vms;
  }
  [[nodiscard]] int CountFull() const { return static_cast<int>(VmsThat(IsFull).size()); }

  void Hang(const std::vector<int>& vms) {
    for (const int vm : vms) daemon.Hang(vm);
  }
  void Lock(const std::vector<int>& vms) {
    for (const int vm : vms) daemon.Lock(vm);
  }
};

}  // namespace vmtelem
