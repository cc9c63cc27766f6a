#include "agent/cycle_log.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace vmtelem {
namespace {

constexpr auto kInfo = spdlog::level::info;
constexpr std::size_t kLinesOfVms = 10;

constexpr HostLog::Kind kSilent{"hypervisors do not answer"};
constexpr HostLog::Kind kOverloaded{"hypervisors were not read in time: this machine is overloaded"};
constexpr HostLog::Kind kUnreachable{"hypervisors cannot be reached"};
constexpr HostLog::Kind kDenied{"hypervisors refuse access"};
constexpr HostLog::Kind kFailing{"hypervisors cannot be read"};
constexpr HostLog::Kind kConnected{"hypervisors are connected", kInfo};
constexpr HostLog::Kind kAnswering{"hypervisors answer again", kInfo};
constexpr HostLog::Kind kIncomplete{"hypervisors lack readings"};
constexpr HostLog::Kind kComplete{"hypervisors have what was missing", kInfo};
constexpr HostLog::Kind kHung{"messages of VMs that do not answer", spdlog::level::warn, kLinesOfVms};
constexpr HostLog::Kind kHungNoMore{"messages of VMs that answer again or are gone", kInfo, kLinesOfVms};

const HostLog::Kind& KindOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTimeout:
      return kSilent;
    case ErrorCode::kOverloaded:
      return kOverloaded;
    case ErrorCode::kUnreachable:
      return kUnreachable;
    case ErrorCode::kDenied:
      return kDenied;
    default:
      return kFailing;
  }
}

}  // namespace

void CycleLog::Note(const Result<void>& outcome, const Snapshot& snapshot) {
  if (outcome) {
    NoteAnswer(snapshot);
  } else {
    NoteFault(outcome.error(), snapshot);
  }
  NoteProblems(snapshot);
  NoteHungVms(snapshot);
  log_.Tick(snapshot.stamp.steady);
}

void CycleLog::NoteFault(const Error& error, const Snapshot& snapshot) {
  if (error.message == logged_fault_) return;
  log_.Add(KindOf(error.code), snapshot.host,
           fmt::format("{}{}{}", error.message, error.hint.empty() ? "" : "; ", error.hint), snapshot.stamp.steady);
  logged_fault_ = error.message;
}

void CycleLog::NoteAnswer(const Snapshot& snapshot) {
  const std::string vms = CountOf(snapshot.domains.size(), "VM");
  if (!std::exchange(has_answered_, true)) {
    log_.Add(kConnected, snapshot.host, fmt::format("connected to {} as host '{}': {}", shown_uri_, snapshot.host, vms),
             snapshot.stamp.steady);
  } else if (!logged_fault_.empty()) {
    log_.Add(kAnswering, snapshot.host, fmt::format("{} answers again: {}", snapshot.host, vms), snapshot.stamp.steady);
  }
  logged_fault_.clear();
}

void CycleLog::NoteProblems(const Snapshot& snapshot) {
  const ProblemWatch::News news = problems_.Watch(snapshot.problems, snapshot.stamp.steady);
  if (!news.lasting.empty()) {
    log_.Add(kIncomplete, snapshot.host,
             fmt::format("{}: {} missing; the first: {}", snapshot.host, CountOf(news.lasting.size(), "reading"),
                         news.lasting.front()),
             snapshot.stamp.steady);
  }
  if (news.ended) {
    log_.Add(kComplete, snapshot.host, fmt::format("{}: what was missing is there again", snapshot.host),
             snapshot.stamp.steady);
  }
}

void CycleLog::NoteHungVms(const Snapshot& snapshot) {
  const HungVmLog::News news = hung_vms_.Watch(snapshot);
  for (const std::string& line : news.begun) log_.Add(kHung, snapshot.host, line, snapshot.stamp.steady);
  for (const std::string& line : news.ended) log_.Add(kHungNoMore, snapshot.host, line, snapshot.stamp.steady);
}

}  // namespace vmtelem
