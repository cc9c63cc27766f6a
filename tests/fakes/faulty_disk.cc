// Preloaded into a program, this makes its calls on files below one directory fail or take long, as those of a disk in
// trouble do. The environment's FAULTY_DISK_UNDER names the directory; FAULTY_DISK_FAULTS a file that holds a Fault for
// each Call, which a test rewrites while the program runs; FAULTY_DISK_TAKER a directory of somebody else.
//
// The fault of kTake is no error: with each file that is removed somebody else makes one, and so takes its inode.
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

enum Call { kMake, kOpen, kRead, kWrite, kSync, kRename, kRemove, kSpace, kTake, kCalls };

// As it lies in the file: so many calls more take so long and then fail with `error`; 0: they do as they should.
struct Fault {
  std::atomic<std::int64_t> calls, error, delay_ns, met;  // met: how many calls did
};

constexpr std::int64_t kSecondNs = 1'000'000'000;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

struct Disk {
  std::string under = Environment("FAULTY_DISK_UNDER"), taker = Environment("FAULTY_DISK_TAKER");
  Fault* faults = nullptr;

  Disk() {
    const auto file = static_cast<int>(
        ::syscall(SYS_openat, AT_FDCWD, Environment("FAULTY_DISK_FAULTS").c_str(), O_RDWR | O_CLOEXEC, 0));
    void* const page = ::mmap(nullptr, sizeof(Fault) * kCalls, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file < 0 || page == MAP_FAILED) std::abort();
    ::close(file);
    faults = static_cast<Fault*>(page);
  }
};

Disk& TheDisk() {
  static Disk* const disk = new Disk;  // for ever: threads use it while the program ends
  return *disk;
}

std::string PathOf(int fd) {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : "";
}

bool IsUnder(const std::string& path) {
  const std::string& under = TheDisk().under;
  return std::string_view(path).substr(0, under.size()) == under &&
         (path.size() == under.size() || path[under.size()] == '/');
}

// Whether this call is one of those; it has taken its time then.
bool Meets(Call call, int fd) {
  Fault& fault = TheDisk().faults[call];
  if (fault.calls <= 0 || !IsUnder(PathOf(fd)) || fault.calls.fetch_sub(1) <= 0) return false;
  const std::int64_t delay_ns = fault.delay_ns;
  const timespec delay{delay_ns / kSecondNs, delay_ns % kSecondNs};
  ::nanosleep(&delay, nullptr);
  ++fault.met;
  return true;
}

bool Fails(Call call, int fd) {
  if (!Meets(call, fd)) return false;
  const auto error = static_cast<int>(TheDisk().faults[call].error);
  if (error != 0) errno = error;
  return error != 0;
}

int Open(int parent, const char* name, int flags, mode_t mode) {
  if (Fails((flags & O_CREAT) != 0 ? kMake : kOpen, parent)) return -1;
  return static_cast<int>(::syscall(SYS_openat, parent, name, flags, mode));
}

void TakeInode() {
  static std::atomic<int> taken;
  const std::string path = TheDisk().taker + "/taken-" + std::to_string(taken++);
  const auto file = ::syscall(SYS_openat, AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) ::close(static_cast<int>(file));
}

}  // namespace

extern "C" int openat(int parent, const char* name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return Open(parent, name, flags, mode);
}

// What it is called where its flags are not known before the program runs.
extern "C" int __openat_2(int parent, const char* name, int flags) {  // NOLINT(bugprone-reserved-identifier)
  return Open(parent, name, flags, 0);
}

extern "C" ssize_t read(int fd, void* buffer, std::size_t size) {
  return Fails(kRead, fd) ? -1 : ::syscall(SYS_read, fd, buffer, size);
}

extern "C" ssize_t write(int fd, const void* buffer, std::size_t size) {
  return Fails(kWrite, fd) ? -1 : ::syscall(SYS_write, fd, buffer, size);
}

extern "C" int fsync(int fd) { return Fails(kSync, fd) ? -1 : static_cast<int>(::syscall(SYS_fsync, fd)); }

extern "C" int renameat2(int source, const char* from, int target, const char* to, unsigned flags) noexcept {
  if (Fails(kRename, target)) return -1;
  return static_cast<int>(::syscall(SYS_renameat2, source, from, target, to, flags));
}

extern "C" int unlinkat(int parent, const char* name, int flags) noexcept {
  if (Fails(kRemove, parent)) return -1;
  const auto result = static_cast<int>(::syscall(SYS_unlinkat, parent, name, flags));
  if (result == 0 && Meets(kTake, parent)) TakeInode();
  return result;
}

extern "C" int fstatvfs(int fd, struct statvfs* status) noexcept {
  if (Fails(kSpace, fd)) return -1;
  static const auto real = reinterpret_cast<int (*)(int, struct statvfs*)>(::dlsym(RTLD_NEXT, "fstatvfs"));
  return real(fd, status);
}
