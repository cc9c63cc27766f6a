#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vmtelem {

// What this process uses of the machine, as Prometheus' own clients define it. What the system does not tell is absent.
struct ProcessUsage {
  std::optional<double> cpu_s;         // of all its threads since it was started, in user and system mode
  std::optional<double> start_time_s;  // since the epoch
  std::optional<std::uint64_t> virtual_bytes, resident_bytes;
  std::optional<std::uint64_t> open_descriptors;
  std::optional<std::uint64_t> max_descriptors;  // it may open so many; absent also where there is no limit
};

// The fields of /proc/self/stat that count, in the units in which they stand there: proc(5).
struct ProcessStat {
  std::uint64_t user_ticks = 0, system_ticks = 0, start_ticks = 0;
  std::uint64_t virtual_bytes = 0, resident_pages = 0;
};
// Absent if the text is not of that form. The name in it may hold anything. Pure.
std::optional<ProcessStat> ParseProcessStat(std::string_view text);

// Reads it, from /proc/self only, which no disk and no other process can hold up. One thread at a time.
class ProcessUsageReader {
 public:
  ProcessUsage Read();

 private:
  // Worked out once: the wall clock may be set later, and a process must not seem to have been started anew by that.
  std::optional<double> start_time_s_;
};

}  // namespace vmtelem
