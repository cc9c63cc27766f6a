#include "base/task_limit.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "fakes/temporary_directory.h"

namespace vmtelem {
namespace {

struct Fixture {
  TemporaryDirectory root;

  Fixture() { Write("proc/sys/kernel/threads-max", "200000"); }
  void Write(const std::string& file, const std::string& text) {
    const std::filesystem::path path = root.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text << '\n';
  }
};

TEST_CASE_METHOD(Fixture, "without control groups half of the machine's threads may be had") {
  CHECK(ReadTaskLimit(root.path()).most <= 100'000);
}

TEST_CASE_METHOD(Fixture, "the limit of the control group is less what others use of it") {
  Write("proc/self/status", "Name:\tvmtelem\nThreads:\t10");
  Write("proc/self/cgroup", "0::/system.slice/vmtelem.service");
  Write("sys/fs/cgroup/system.slice/vmtelem.service/pids.max", "100");
  Write("sys/fs/cgroup/system.slice/vmtelem.service/pids.current", "30");
  const TaskLimit limit = ReadTaskLimit(root.path());
  CHECK(limit.most == 80);
  CHECK(limit.set_by == "pids.max of /sys/fs/cgroup/system.slice/vmtelem.service");
}

TEST_CASE_METHOD(Fixture, "the limit of a group further up counts too") {
  Write("proc/self/cgroup", "0::/system.slice/vmtelem.service");
  Write("sys/fs/cgroup/system.slice/vmtelem.service/pids.max", "max");
  Write("sys/fs/cgroup/system.slice/pids.max", "50");
  CHECK(ReadTaskLimit(root.path()).most == 50);
}

TEST_CASE_METHOD(Fixture, "a group of the old hierarchy counts") {
  Write("proc/self/cgroup", "9:name=systemd:/\n8:pids,cpu:/a\n0::/");
  Write("sys/fs/cgroup/pids/a/pids.max", "40");
  CHECK(ReadTaskLimit(root.path()).most == 40);
}

TEST_CASE_METHOD(Fixture, "in a container that sees the host's path its own group counts") {
  Write("proc/self/cgroup", "8:pids:/docker/0123");
  Write("sys/fs/cgroup/pids/pids.max", "60");
  CHECK(ReadTaskLimit(root.path()).most == 60);
}

TEST_CASE_METHOD(Fixture, "a group that is over its limit leaves nothing") {
  Write("proc/self/cgroup", "0::/a");
  Write("sys/fs/cgroup/a/pids.max", "10");
  Write("sys/fs/cgroup/a/pids.current", "12");
  CHECK(ReadTaskLimit(root.path()).most == 0);
}

}  // namespace
}  // namespace vmtelem
