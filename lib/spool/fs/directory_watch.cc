#include "spool/fs/directory_watch.h"

#include <array>
#include <cstring>
#include <utility>

#include <sys/inotify.h>
#include <unistd.h>

#include "spool/fs/directory.h"

namespace vmtelem {

void DirectoryWatch::Start(const FileDescriptor& directory, const std::string& path) {
  changed_at_ns_ = ChangedAtNs(directory);
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
  const std::int64_t before_ns = std::exchange(changed_at_ns_, ChangedAtNs(directory));
  return {.names = {}, .list_all = changed_at_ns_ != before_ns};
}

}  // namespace vmtelem
