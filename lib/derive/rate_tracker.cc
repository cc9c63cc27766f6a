#include "derive/rate_tracker.h"

#include <string>
#include <unordered_map>
#include <utility>

#include "derive/rates.h"
#include "derive/totals.h"

namespace vmtelem {
namespace {

// The last answer of a VM, which may be older than the last cycle.
struct DomainMemory {
  DomainStats last;
  std::uint64_t cycle = 0;  // of `last`
  DevicesWithCounters with_counters;
  std::uint64_t listed_in = 0;  // the last pass that saw the VM
};

// Makes everything absent and the vectors parallel to the devices, keeping their memory.
void Reset(const DomainStats& domain, DomainDerived& derived) {
  DomainDerived empty;
  empty.nic_rates.swap(derived.nic_rates);
  empty.disk_rates.swap(derived.disk_rates);
  empty.vcpu_percents.swap(derived.vcpu_percents);
  empty.nic_rates.assign(domain.nics.size(), {});
  empty.disk_rates.assign(domain.disks.size(), {});
  empty.vcpu_percents.assign(domain.vcpu_stats.size(), {});
  derived = std::move(empty);
}

}  // namespace

struct RateTracker::State {
  std::unordered_map<std::string, DomainMemory> by_uuid;
  std::uint64_t pass = 0;  // of Derive()
  std::uint64_t rates_uncertain = 0;

  void Derive(const DomainStats& domain, std::uint64_t cycle, DomainDerived& derived);
  void DeriveRates(const DomainMemory& memory, const DomainStats& domain, DomainDerived& derived);
  void KeepSilent(const DomainStats& domain);
  void ForgetUnlisted();
};

void RateTracker::State::Derive(const DomainStats& domain, std::uint64_t cycle, DomainDerived& derived) {
  const auto [entry, is_new] = by_uuid.try_emplace(domain.uuid);
  DomainMemory& memory = entry->second;
  const bool afresh = is_new || StartedAfresh(memory.last, domain);
  if (afresh) memory.with_counters.Clear();
  FillTotals(domain, memory.with_counters, derived);
  if (!afresh) {
    derived.has_features = true;
    derived.memory_used_percent = MemoryUsedPercent(domain);
    if (cycle == memory.cycle + 1) DeriveRates(memory, domain, derived);
  }
  memory.with_counters.Update(domain);
  memory.last = domain;
  memory.cycle = cycle;
  memory.listed_in = pass;
}

// `memory` is of the cycle before, in the same run of the VM.
void RateTracker::State::DeriveRates(const DomainMemory& memory, const DomainStats& domain, DomainDerived& derived) {
  const bool elapsed_is_known = ElapsedIsKnown(memory.last, domain);
  if (!elapsed_is_known || !CpuTimeIsPossible(memory.last, domain)) ++rates_uncertain;
  if (elapsed_is_known) FillRates(memory.last, domain, derived);
}

void RateTracker::State::KeepSilent(const DomainStats& domain) {
  const auto entry = by_uuid.find(domain.uuid);
  if (entry != by_uuid.end()) entry->second.listed_in = pass;
}

void RateTracker::State::ForgetUnlisted() {
  std::erase_if(by_uuid, [&](const auto& entry) { return entry.second.listed_in != pass; });
}

RateTracker::RateTracker() : state_(std::make_unique<State>()) {}
RateTracker::~RateTracker() = default;

void RateTracker::Derive(const Snapshot& snapshot, std::vector<DomainDerived>& derived) {
  ++state_->pass;
  derived.resize(snapshot.domains.size());
  for (std::size_t i = 0; i < derived.size(); ++i) {
    const DomainStats& domain = snapshot.domains[i];
    Reset(domain, derived[i]);
    if (HasStatistics(domain)) {
      state_->Derive(domain, snapshot.cycle, derived[i]);
    } else {
      state_->KeepSilent(domain);
    }
  }
  // A hypervisor that did not answer said nothing about which VMs there are.
  if (snapshot.up) state_->ForgetUnlisted();
}

std::uint64_t RateTracker::rates_uncertain() const { return state_->rates_uncertain; }

}  // namespace vmtelem
