#include "agent/host_log.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace vmtelem {
namespace {

constexpr std::size_t kNamedHosts = 3;

std::string SomeOf(const std::vector<std::string>& hosts) {
  const std::size_t named = std::min(hosts.size(), kNamedHosts);
  const std::string names = fmt::format("{}", fmt::join(hosts.begin(), hosts.begin() + std::ptrdiff_t(named), ", "));
  return hosts.size() == named ? names : fmt::format("{} and {} more", names, hosts.size() - named);
}

}  // namespace

void HostLog::SetHosts(std::size_t count) {
  const std::lock_guard guard(mutex_);
  hosts_ = count;
}

void HostLog::Add(const Kind& kind, const std::string& host, const std::string& text, SteadyTime now) {
  const std::lock_guard guard(mutex_);
  if (hosts_ == 1) return log_->log(kind.level, "{}", text);
  const std::string named = text.rfind(host, 0) == 0 ? text : fmt::format("{}: {}", host, text);
  Minute& minute = minutes_.try_emplace(kind.many, Minute{kind, now}).first->second;
  if (minute.lines < kind.lines_a_minute) {
    ++minute.lines;
    return log_->log(kind.level, "{}", named);
  }
  if (minute.more++ == 0) minute.text = named;
  if (std::find(minute.hosts.begin(), minute.hosts.end(), host) == minute.hosts.end()) minute.hosts.push_back(host);
}

void HostLog::Tick(SteadyTime now) {
  const std::lock_guard guard(mutex_);
  for (auto& [many, minute] : minutes_) {
    if (now - minute.since < kInterval || minute.more == 0) continue;
    Log(minute);
    minute = {minute.kind, now, minute.kind.lines_a_minute};
  }
  std::erase_if(minutes_, [&](const auto& entry) { return now - entry.second.since >= kInterval; });
}

void HostLog::Flush() {
  const std::lock_guard guard(mutex_);
  for (const auto& [many, minute] : minutes_) {
    if (minute.more > 0) Log(minute);
  }
  minutes_.clear();
}

void HostLog::Log(const Minute& minute) const {
  if (minute.more == 1) return log_->log(minute.kind.level, "{}", minute.text);
  log_->log(minute.kind.level, "{} more {}: {}; the first: {}", minute.more, minute.kind.many, SomeOf(minute.hosts),
            minute.text);
}

}  // namespace vmtelem
