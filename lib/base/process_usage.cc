#include "base/process_usage.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <ctime>
#include <filesystem>
#include <iterator>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_io.h"

namespace vmtelem {
namespace {

constexpr const char* kStat = "/proc/self/stat";
constexpr const char* kDescriptors = "/proc/self/fd";
constexpr std::size_t kMaxStatBytes = 4096;

double SecondsOf(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double TicksToSeconds(std::uint64_t ticks) {
  return static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// The system gives it as a time since it was booted.
double StartTime(const ProcessStat& stat) {
  return SecondsOf(CLOCK_REALTIME) - SecondsOf(CLOCK_BOOTTIME) + TicksToSeconds(stat.start_ticks);
}

std::optional<ProcessStat> ReadStat() {
  const FileDescriptor file(::open(kStat, O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return std::nullopt;
  const auto text = ReadAll(file, kMaxStatBytes);
  return text ? ParseProcessStat(*text) : std::nullopt;
}

// Linux 6.2 and later say how many there are; elsewhere they are counted, and the one that is open for that is left
// out.
std::optional<std::uint64_t> CountDescriptors() {
  struct stat status {};
  if (::stat(kDescriptors, &status) != 0) return std::nullopt;
  if (status.st_size > 0) return static_cast<std::uint64_t>(status.st_size);
  std::error_code error;
  const std::filesystem::directory_iterator open(kDescriptors, error);
  if (error) return std::nullopt;
  const auto found = std::distance(std::filesystem::begin(open), std::filesystem::end(open));
  return static_cast<std::uint64_t>(found - 1);
}

std::optional<std::uint64_t> MaxDescriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return limit.rlim_cur;
}

}  // namespace

std::optional<ProcessStat> ParseProcessStat(std::string_view text) {
  constexpr std::size_t kFirst = 3, kLast = 24;  // of the fields behind the name, which stands in brackets
  const std::size_t name_end = text.rfind(") ");
  if (name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(name_end + 2);
  std::array<std::uint64_t, kLast + 1> fields{};
  for (std::size_t field = kFirst; field <= kLast; ++field) {
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    // The state is a letter and some are negative; neither is asked for.
    const auto read = std::from_chars(word.data(), word.data() + word.size(), fields[field]);
    const bool is_wanted = field == 14 || field == 15 || field >= 22;
    if (is_wanted && (read.ec != std::errc() || read.ptr != word.data() + word.size())) return std::nullopt;
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return ProcessStat{fields[14], fields[15], fields[22], fields[23], fields[24]};
}

ProcessUsage ProcessUsageReader::Read() {
  ProcessUsage usage;
  usage.open_descriptors = CountDescriptors();
  usage.max_descriptors = MaxDescriptors();
  const auto stat = ReadStat();
  if (!stat) return usage;
  if (!start_time_s_) start_time_s_ = StartTime(*stat);
  usage.cpu_s = TicksToSeconds(stat->user_ticks + stat->system_ticks);
  usage.start_time_s = start_time_s_;
  usage.virtual_bytes = stat->virtual_bytes;
  usage.resident_bytes = stat->resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return usage;
}

}  // namespace vmtelem
