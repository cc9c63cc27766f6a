#include "agent/hung_vm_log.h"

#include <chrono>
#include <string_view>

#include <fmt/format.h>

namespace vmtelem {
namespace {

// QEMU may be busy for a moment, and libvirt locks a VM while it starts, ends or is taken over by a new daemon.
constexpr double kWorthLogging_s = 2;

constexpr std::size_t kMostLines = 10;  // of one kind in one cycle
constexpr std::size_t kNamesInCount = 3;

struct Line {
  std::string name, text;
};

// The lines, or, if they are many, a single line for all the VMs.
std::vector<std::string> EachOrCounted(const std::vector<Line>& lines, std::string_view what) {
  std::vector<std::string> logged;
  if (lines.size() <= kMostLines) {
    for (const Line& line : lines) logged.push_back(line.text);
    return logged;
  }
  std::string names;
  for (std::size_t i = 0; i < kNamesInCount; ++i) names += fmt::format("{}'{}'", i == 0 ? "" : ", ", lines[i].name);
  logged.push_back(fmt::format("{} VMs {}: {} and {} more", lines.size(), what, names, lines.size() - kNamesInCount));
  return logged;
}

// Of a VM that blocks, the time is taken when everything else was read.
SteadyTime BlockedSince(const Snapshot& snapshot, const DomainStats& domain) {
  const std::chrono::duration<double> blocked(domain.monitor_blocked_s.value_or(0));
  return snapshot.stamp.steady + snapshot.poll_latency - std::chrono::duration_cast<Nanoseconds>(blocked);
}

}  // namespace

std::string DescribeHungVm(const DomainStats& domain) {
  const bool is_set_aside = !HasStatistics(domain);
  std::string text = fmt::format("VM '{}' does not answer", domain.name);
  if (domain.monitor_blocked_s) {
    text += fmt::format(": {} has been blocked for {:.1f} s", is_set_aside ? "a call to it" : "its monitor",
                        *domain.monitor_blocked_s);
  }
  return text + (is_set_aside ? "; nothing else is known of it" : "; only what needs no monitor is known of it");
}

struct HungVmLog::Changes {
  std::vector<Line> begun, answering, gone;
};

HungVmLog::News HungVmLog::Watch(const Snapshot& snapshot) {
  if (!snapshot.up) return {};
  ++pass_;
  Changes changes;
  for (const DomainStats& domain : snapshot.domains) Compare(snapshot, domain, changes);
  ForgetUnlisted(snapshot, changes);
  News news{EachOrCounted(changes.begun, "do not answer"), EachOrCounted(changes.answering, "answer again")};
  const auto gone = EachOrCounted(changes.gone, "that did not answer are gone");
  news.ended.insert(news.ended.end(), gone.begin(), gone.end());
  return news;
}

void HungVmLog::Compare(const Snapshot& snapshot, const DomainStats& domain, Changes& changes) {
  const auto found = hangs_.find(domain.uuid);
  if (found == hangs_.end()) {
    if (domain.monitor_ok != false || domain.monitor_blocked_s.value_or(kWorthLogging_s) < kWorthLogging_s) return;
    hangs_.emplace(domain.uuid, Hang{domain.name, BlockedSince(snapshot, domain), pass_});
    changes.begun.push_back({domain.name, DescribeHungVm(domain)});
    return;
  }
  found->second.listed_in = pass_;
  if (domain.monitor_ok != true) return;
  const double seconds = Seconds(snapshot.stamp.steady - found->second.since);
  changes.answering.push_back({domain.name, fmt::format("VM '{}' answers again after {:.1f} s", domain.name, seconds)});
  hangs_.erase(found);
}

void HungVmLog::ForgetUnlisted(const Snapshot& snapshot, Changes& changes) {
  for (const auto& [uuid, hang] : hangs_) {
    if (hang.listed_in == pass_) continue;
    const double seconds = Seconds(snapshot.stamp.steady - hang.since);
    changes.gone.push_back(
        {hang.name, fmt::format("VM '{}', which did not answer for {:.1f} s, is gone", hang.name, seconds)});
  }
  std::erase_if(hangs_, [this](const auto& entry) { return entry.second.listed_in != pass_; });
}

}  // namespace vmtelem
