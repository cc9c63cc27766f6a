#include "libvirt/lane/thread_activity.h"

#include <string>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/file_io.h"

namespace vmtelem {

bool IsAtWork(pid_t thread) {
  constexpr std::size_t kLongestLine = 1024;
  const FileDescriptor file(::open(fmt::format("/proc/self/task/{}/stat", thread).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return false;
  const auto line = ReadAll(file, kLongestLine);
  if (!line) return false;
  // The state follows the name, which is in parentheses and may hold some itself.
  const std::size_t name_end = line->rfind(") ");
  if (name_end == std::string::npos || name_end + 2 >= line->size()) return false;
  const char state = (*line)[name_end + 2];
  return state == 'R' || state == 'D';
}

}  // namespace vmtelem
