#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"

namespace vmtelem {

// The log of what happens to the hypervisors of a process. The first messages of a kind within a minute are logged at
// once; those that follow become one message at its end, which counts them and names some hosts: a switch that fails
// takes many hypervisors away, and that is one piece of news. Thread-safe.
class HostLog {
 public:
  // What happens to many at a time.
  struct Kind {
    std::string_view many;  // "hypervisors do not answer"
    spdlog::level::level_enum level = spdlog::level::warn;
    std::size_t lines_a_minute = 1;
  };
  static constexpr Nanoseconds kInterval = std::chrono::minutes(1);

  explicit HostLog(LoggerPtr log) : log_(std::move(log)) {}

  // How many hypervisors there are. Of a single one each message is logged at once, and does not name it.
  void SetHosts(std::size_t count);
  void Add(const Kind& kind, const std::string& host, const std::string& text, SteadyTime now);
  // Logs what is due. To be called now and then.
  void Tick(SteadyTime now);
  // Logs the rest.
  void Flush();

 private:
  struct Minute {
    Kind kind;
    SteadyTime since{};
    std::size_t lines = 0;  // logged in it
    std::uint64_t more = 0;
    std::vector<std::string> hosts{};  // of those, each once
    std::string text{};                // of the first of those
  };
  void Log(const Minute& minute) const;

  const LoggerPtr log_;
  std::mutex mutex_;
  std::size_t hosts_ = 1;
  std::map<std::string_view, Minute> minutes_;  // by kind
};

}  // namespace vmtelem
