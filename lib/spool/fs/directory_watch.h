#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/file_io.h"

namespace vmtelem {

// Notices the files that are put into a directory, by renaming or by writing them there, and reports them when they are
// complete. By inotify; where that is not to be had, by the time of the directory's last change, not more often than
// kInterval, since our own files change it too and the whole directory has to be listed then. Not thread-safe.
class DirectoryWatch {
 public:
  static constexpr Nanoseconds kInterval = std::chrono::seconds(10);

  struct News {
    std::vector<std::string> names;  // may hold one that is known, or is gone again
    bool list_all = false;           // more than is named may have come
  };

  // Watches this directory, open and at this path, from now on. List it after this call, so that nothing is missed.
  void Start(const FileDescriptor& directory, const std::string& path);

  // The files that came since the last time. Does not block.
  News Poll(const FileDescriptor& directory, SteadyTime now);

  [[nodiscard]] bool immediate() const { return inotify_.valid(); }

 private:
  News PollEvents();
  News PollTime(const FileDescriptor& directory, SteadyTime now);

  FileDescriptor inotify_;
  std::int64_t changed_at_ns_ = 0;
  SteadyTime due_{};
};

}  // namespace vmtelem
