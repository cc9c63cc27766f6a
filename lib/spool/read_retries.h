#pragma once

#include <map>

#include "base/clock.h"
#include "spool/spool_name.h"

namespace vmtelem {

// Which files a medium failed to read, and how often: a disk that fails may be well seconds later, and a batch that is
// called damaged is lost. Only state: no clock, no disk. Not thread-safe.
class ReadRetries {
 public:
  static constexpr int kAttempts = 3;
  static constexpr Nanoseconds kPatience = std::chrono::seconds(5);

  // One more attempt failed; whether another is worth it.
  bool Failed(const SpoolName& name, SteadyTime now) {
    Failures& failures = failures_.try_emplace(name, Failures{0, now}).first->second;
    const bool again = ++failures.count < kAttempts || now < failures.first_at + kPatience;
    if (!again) failures_.erase(name);
    return again;
  }
  void Succeeded(const SpoolName& name) { failures_.erase(name); }

 private:
  struct Failures {
    int count = 0;
    SteadyTime first_at{};
  };

  std::map<SpoolName, Failures> failures_;
};

}  // namespace vmtelem
