#include "libvirt/lane/thread_waits.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file_io.h"

namespace vmtelem {
namespace {

// A connection of libvirt waits for two descriptors. An array that is longer is none, see AwaitedDescriptors().
constexpr std::size_t kMostPolled = 16;

std::string TaskFile(pid_t thread, const char* name) { return fmt::format("/proc/self/task/{}/{}", thread, name); }

// The system call that the thread sleeps in, with its arguments and the stack's address. "running" if it does not.
std::string CurrentCall(pid_t thread) {
  std::ifstream file(TaskFile(thread, "syscall"));
  std::string call;
  std::getline(file, call);
  return call;
}

// Through the kernel: the thread may have gone on and have given the memory back.
std::vector<int> PolledDescriptors(std::uint64_t address, std::uint64_t count) {
  std::array<pollfd, kMostPolled> polled{};
  if (count > polled.size()) return {};
  const FileDescriptor memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  const std::size_t size = count * sizeof(pollfd);
  const bool is_read =
      ::pread(memory.get(), polled.data(), size, static_cast<off_t>(address)) == static_cast<ssize_t>(size);
  std::vector<int> descriptors;
  for (std::size_t i = 0; is_read && i < count; ++i) descriptors.push_back(polled.at(i).fd);
  return descriptors;
}

std::vector<int> AwaitedDescriptors(const std::string& call) {
  std::istringstream text(call);
  long number = 0;
  std::uint64_t first = 0, second = 0;
  if (!(text >> number >> std::hex >> first >> second)) return {};
  switch (number) {
#ifdef SYS_poll
    case SYS_poll:
#endif
    case SYS_ppoll:
    // A poll that was interrupted by a stop of the process. Of other calls that are continued under this number, a
    // futex has its operation in the place of the length, 128 and more; the others an address.
    case SYS_restart_syscall:
      return PolledDescriptors(first, second);
    case SYS_connect:
    case SYS_read:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_write:
    case SYS_sendto:
    case SYS_sendmsg:
      return {static_cast<int>(first)};
    default:
      return {};
  }
}

// The kernel's number, which identifies it. Nothing if it is none.
std::optional<ino_t> SocketNumber(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISSOCK(status.st_mode)) return std::nullopt;
  return status.st_ino;
}

// The thread may go on at any moment and close the descriptor, whose number is soon another's. So the socket is held
// first, and then looked at once more whether the thread waits for it.
bool CutIfAwaited(pid_t thread, const std::string& call, int descriptor) {
  if (!SocketNumber(descriptor)) return false;
  const FileDescriptor held(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  const auto number = SocketNumber(held.get());
  if (!number || CurrentCall(thread) != call) return false;
  const auto awaited = AwaitedDescriptors(call);
  if (std::find(awaited.begin(), awaited.end(), descriptor) == awaited.end()) return false;
  if (SocketNumber(descriptor) != number) return false;
  ::shutdown(held.get(), SHUT_RDWR);
  return true;
}

bool CutSockets(pid_t thread) {
  const std::string call = CurrentCall(thread);
  bool any = false;
  for (const int descriptor : AwaitedDescriptors(call)) any = CutIfAwaited(thread, call, descriptor) || any;
  return any;
}

std::vector<pid_t> ChildrenOf(pid_t thread) {
  std::ifstream file(TaskFile(thread, "children"));
  return {std::istream_iterator<pid_t>(file), {}};
}

bool HasSocketForInput(pid_t child) {
  struct stat status {};
  return ::stat(fmt::format("/proc/{}/fd/0", child).c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// A child keeps its number until somebody has waited for it, and is listed until then.
bool SignalIfChild(pid_t thread, pid_t child, int signal) {
  const FileDescriptor held(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (!held.valid() || !HasSocketForInput(child)) return false;
  const auto children = ChildrenOf(thread);
  if (std::find(children.begin(), children.end(), child) == children.end()) return false;
  ::syscall(SYS_pidfd_send_signal, held.get(), signal, nullptr, 0);
  return true;
}

}  // namespace

// While a child holds the pipe of its messages open, libvirt reads on there after the socket has come to its end.
bool EndWaits(pid_t thread, int child_signal) {
  bool any = CutSockets(thread);
  for (const pid_t child : ChildrenOf(thread)) any = SignalIfChild(thread, child, child_signal) || any;
  return any;
}

}  // namespace vmtelem
