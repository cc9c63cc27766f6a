#include "base/task_limit.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace vmtelem {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

// Nothing for "max", and where there is no such file.
std::optional<std::size_t> ReadNumber(const fs::path& file) {
  std::ifstream stream(file);
  std::size_t number = 0;
  if (!(stream >> number)) return std::nullopt;
  return number;
}

bool HasController(const std::string& list, const std::string& controller) {
  return ("," + list + ",").find("," + controller + ",") != std::string::npos;
}

// The groups that count this process's tasks, as paths below `root`: lines of "number:controllers:path", in which the
// unified hierarchy has no controllers.
std::vector<fs::path> GroupsWithPids(const fs::path& root) {
  std::vector<fs::path> groups;
  std::ifstream stream(root / "proc/self/cgroup");
  for (std::string line; std::getline(stream, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path path = fs::path(line.substr(second + 1)).relative_path();
    if (controllers.empty()) groups.push_back("sys/fs/cgroup" / path);
    if (HasController(controllers, "pids")) groups.push_back("sys/fs/cgroup/pids" / path);
  }
  return groups;
}

// The threads of this process.
std::size_t CountThreads(const fs::path& root) {
  std::ifstream stream(root / "proc/self/status");
  std::string word;
  while (stream >> word) {
    std::size_t threads = 0;
    if (word == "Threads:" && stream >> threads) return threads;
  }
  return 1;
}

void Lower(TaskLimit& limit, std::size_t most, const std::string& set_by) {
  if (most < limit.most) limit = {most, set_by};
}

// A group's tasks are also those of all groups above it. In a container the path may be one of the host's, which is not
// there; the container's own group is then the topmost.
void LowerByGroup(TaskLimit& limit, const fs::path& root, fs::path group) {
  for (; group.has_relative_path() && group != "sys/fs"; group = group.parent_path()) {
    const auto most = ReadNumber(root / group / "pids.max");
    if (!most) continue;
    const std::size_t used = ReadNumber(root / group / "pids.current").value_or(0);
    const std::size_t of_others = used - std::min(used, CountThreads(root));
    Lower(limit, *most - std::min(*most, of_others), fmt::format("pids.max of /{}", group.string()));
  }
}

}  // namespace

TaskLimit ReadTaskLimit(const fs::path& root) {
  TaskLimit limit{kUnlimited, "nothing"};
  for (const fs::path& group : GroupsWithPids(root)) LowerByGroup(limit, root, group);
  rlimit own{};
  if (::geteuid() != 0 && ::getrlimit(RLIMIT_NPROC, &own) == 0 && own.rlim_cur != RLIM_INFINITY) {
    Lower(limit, static_cast<std::size_t>(own.rlim_cur), "ulimit -u");
  }
  const auto threads = ReadNumber(root / "proc/sys/kernel/threads-max");
  if (threads) Lower(limit, *threads / 2, "kernel.threads-max");
  return limit;
}

}  // namespace vmtelem
