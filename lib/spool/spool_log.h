#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/log_throttle.h"

namespace vmtelem {

// The log of a spool, in which warnings that recur appear at most once a minute. Not thread-safe.
class SpoolLog {
 public:
  // `clock` must outlive it.
  SpoolLog(LoggerPtr log, Clock& clock) : log_(std::move(log)), clock_(clock) {}

  Logger* operator->() const { return log_.get(); }
  [[nodiscard]] const LoggerPtr& logger() const { return log_; }

  // A warning of this kind, or nothing.
  void WarnSometimes(const std::string& kind, const std::string& message);

  // `trouble` says why the disk takes no batches, nothing if it takes them. Logs each change once, and a change of the
  // same kind again after a minute at the earliest: a disk that is nearly full takes one batch and not the next.
  void SayDisk(const std::optional<std::string>& trouble, const std::string& path, std::uint64_t memory_max_bytes);

 private:
  const LoggerPtr log_;
  Clock& clock_;
  LogThrottle throttle_;
  std::optional<std::string> logged_trouble_;
};

}  // namespace vmtelem
