#include "ship/directory_watch.h"

#include <array>
#include <cstring>

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vmtelem {
namespace {

timespec ChangedAt(const FileDescriptor& directory) {
  struct stat status {};
  return ::fstat(directory.get(), &status) == 0 ? status.st_mtim : timespec{};
}

}  // namespace

void DirectoryWatch::Start(const FileDescriptor& directory, const std::string& path) {
  changed_at_ = ChangedAt(directory);
  inotify_ = FileDescriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  // IN_CREATE would report a copy of a file before it is whole.
  const std::uint32_t events = IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR;
  if (inotify_.valid() && ::inotify_add_watch(inotify_.get(), path.c_str(), events) < 0) inotify_ = {};
}

DirectoryWatch::News DirectoryWatch::Poll(const FileDescriptor& directory, SteadyTime now) {
  return immediate() ? PollEvents() : PollTime(directory, now);
}

DirectoryWatch::News DirectoryWatch::PollEvents() {
  News news;
  alignas(inotify_event) std::array<char, 16'384> buffer{};
  while (true) {
    const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (size <= 0) return news;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof(event));
      if ((event.mask & IN_Q_OVERFLOW) != 0) news.list_all = true;
      if (event.len > 0) news.names.emplace_back(buffer.data() + at + sizeof(event));  // padded with NULs
      at += sizeof(event) + event.len;
    }
  }
}

DirectoryWatch::News DirectoryWatch::PollTime(const FileDescriptor& directory, SteadyTime now) {
  if (now < due_) return {};
  due_ = now + kInterval;
  const timespec changed_at = ChangedAt(directory);
  const bool changed = changed_at.tv_sec != changed_at_.tv_sec || changed_at.tv_nsec != changed_at_.tv_nsec;
  changed_at_ = changed_at;
  return {.names = {}, .list_all = changed};
}

}  // namespace vmtelem
