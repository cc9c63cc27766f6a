#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace vmtelem {

// How many threads and processes the system lets this process have, with those that it has.
struct TaskLimit {
  std::size_t most = 0;
  std::string set_by;  // what to raise: "pids.max of /sys/fs/cgroup/x", "ulimit -u", "kernel.threads-max"
};

// The least of pids.max of the control groups, less what others use; of RLIMIT_NPROC, unless root; and of half of the
// machine's threads. Reads below `root`, which only tests change.
TaskLimit ReadTaskLimit(const std::filesystem::path& root = "/");

}  // namespace vmtelem
