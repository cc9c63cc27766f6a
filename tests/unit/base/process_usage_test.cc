#include "base/process_usage.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file_io.h"

namespace vmtelem {
namespace {

// Fields 3 to 24 and some behind them, the state first, numbered so that each is another one.
std::string StatOf(const std::string& name) {
  return "4711 (" + name + ") S 4 5 6 7 -8 9 10 11 12 13 1400 1500 -16 -17 18 -19 20 21 22000 23000000 2400 25 26\n";
}

TEST_CASE("the fields of a process are those that proc(5) numbers") {
  const auto stat = ParseProcessStat(StatOf("vmtelem"));
  REQUIRE(stat);
  CHECK(stat->user_ticks == 1400);
  CHECK(stat->system_ticks == 1500);
  CHECK(stat->start_ticks == 22000);
  CHECK(stat->virtual_bytes == 23'000'000);
  CHECK(stat->resident_pages == 2400);
}

TEST_CASE("a name of a process with brackets and spaces shifts no field") {
  const auto stat = ParseProcessStat(StatOf(") S 1 2 (a b) R 9"));
  REQUIRE(stat);
  CHECK(stat->user_ticks == 1400);
}

TEST_CASE("a text that is too short or holds no numbers says nothing of a process") {
  const std::string text = GENERATE("", "1", "1 (a", "1 (a) ", "1 (a) S 4 5",
                                    "1 (a) S 4 5 6 7 8 9 10 11 12 13 x 15 16 17 18 19 20 21 22 23 24",
                                    "1 (a) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 -24");
  CHECK_FALSE(ParseProcessStat(text));
}

// The field of /proc/self/status, in bytes.
std::uint64_t StatusBytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  std::string name;
  std::uint64_t kib = 0;
  while (status >> name && name != field + ":") status.ignore(1000, '\n');
  status >> kib;
  return kib * 1024;
}

TEST_CASE("the memory of this process is what the system says elsewhere") {
  const ProcessUsage usage = ProcessUsageReader().Read();
  REQUIRE(usage.virtual_bytes);
  REQUIRE(usage.resident_bytes);
  CHECK(static_cast<double>(*usage.virtual_bytes) == Approx(StatusBytes("VmSize")).epsilon(0.05));
  CHECK(static_cast<double>(*usage.resident_bytes) == Approx(StatusBytes("VmRSS")).epsilon(0.2));
}

TEST_CASE("the CPU time of this process is what the system says elsewhere") {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
  CHECK(ProcessUsageReader().Read().cpu_s.value() ==
        Approx(seconds(used.ru_utime) + seconds(used.ru_stime)).margin(0.1));
}

TEST_CASE("this process was started within the last hour, and always at the same time") {
  ProcessUsageReader reader;
  const double start = reader.Read().start_time_s.value();
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  CHECK(start <= now);
  CHECK(start > now - 3600);
  CHECK(reader.Read().start_time_s == start);
}

TEST_CASE("each descriptor that is opened is counted, and nothing beyond that") {
  ProcessUsageReader reader;
  const std::uint64_t before = reader.Read().open_descriptors.value();
  std::vector<FileDescriptor> open;
  open.reserve(7);
  for (int i = 0; i < 7; ++i) open.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK(reader.Read().open_descriptors == before + 7);
  std::uint64_t listed = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) ++listed;
  CHECK(reader.Read().open_descriptors == listed - 1);  // without the one that lists
}

TEST_CASE("the number of descriptors that this process may have is the soft limit") {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  rlimit lower = limit;
  lower.rlim_cur = 97;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
  const auto found = ProcessUsageReader().Read().max_descriptors;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  CHECK(found == 97);
}

}  // namespace
}  // namespace vmtelem
