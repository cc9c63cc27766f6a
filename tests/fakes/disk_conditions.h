#pragma once

#include <csignal>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

// Ways to take a disk away from a test that work for root too.
namespace vmtelem {

// A small file system of its own at `path`, in a mount namespace that only this program sees. Needs root.
class SmallFileSystem {
 public:
  SmallFileSystem(std::filesystem::path path, const std::string& size) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    static const bool has_namespace =
        ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    const std::string options = "size=" + size;
    mounted_ = has_namespace && ::mount("none", path_.c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~SmallFileSystem() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallFileSystem(const SmallFileSystem&) = delete;
  SmallFileSystem& operator=(const SmallFileSystem&) = delete;

  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] bool SetReadOnly(bool read_only) const {
    const unsigned long flags = read_only ? MS_REMOUNT | MS_RDONLY : MS_REMOUNT;
    return ::mount("none", path_.c_str(), nullptr, flags, nullptr) == 0;
  }

 private:
  std::filesystem::path path_;
  bool mounted_ = false;
};

// For tests that need one.
inline bool IsSkipped(const SmallFileSystem& disk) {
  if (!disk.mounted()) WARN("skipped: no file system may be mounted here");
  return !disk.mounted();
}

// No file of this program may grow beyond so many bytes.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_action_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_action_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_action_)(int);
};

// Whoever runs the test, it acts as a user without privileges; `owned` is that user's.
class PlainUser {
 public:
  explicit PlainUser(const std::filesystem::path& owned) {
    constexpr uid_t kNobody = 65534;
    was_root_ = ::geteuid() == 0 && ::chown(owned.c_str(), kNobody, kNobody) == 0 && ::seteuid(kNobody) == 0;
  }
  ~PlainUser() {
    if (was_root_ && ::seteuid(0) != 0) std::abort();
  }
  PlainUser(const PlainUser&) = delete;
  PlainUser& operator=(const PlainUser&) = delete;

 private:
  bool was_root_ = false;
};

}  // namespace vmtelem
