#include "cmd/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vmtelem {
namespace {

// Returns 0 or the errno.
int WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // whoever shares the descriptor made it non-blocking
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

tl::unexpected<Error> FailFor(ErrorCode code, std::string_view doing, const std::string& path, int number) {
  return Fail(code, fmt::format("cannot {} {}: {}", doing, path, std::strerror(number)));
}

Result<void> WriteInPlace(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return FailFor(ErrorCode::kCannotCreate, "open", path, errno);
  const int fault = WriteAll(fd, text);
  ::close(fd);
  if (fault == EPIPE) return Fail(ErrorCode::kClosed, fmt::format("the reader of {} has gone", path));
  if (fault != 0) return FailFor(ErrorCode::kIo, "write", path, fault);
  return {};
}

// The bytes must be on disk before the name is: else a crash could leave an empty file under it.
int WriteAndSync(int fd, std::string_view text) {
  int fault = WriteAll(fd, text);
  if (fault == 0 && ::fsync(fd) != 0) fault = errno;
  if (::close(fd) != 0 && fault == 0) fault = errno;
  return fault;
}

Result<void> WriteBesideAndRename(const std::string& path, std::string_view text, mode_t mode) {
  const std::string temporary = fmt::format("{}.{}.tmp", path, ::getpid());
  ::unlink(temporary.c_str());  // left by a process of the same number that was killed
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return FailFor(ErrorCode::kCannotCreate, "create", temporary, errno);
  const int fault = WriteAndSync(fd, text);
  if (fault != 0) {
    ::unlink(temporary.c_str());
    return FailFor(ErrorCode::kIo, "write", temporary, fault);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int number = errno;
    ::unlink(temporary.c_str());
    return FailFor(ErrorCode::kCannotCreate, "replace", path, number);
  }
  return {};
}

std::string WithoutLinks(const std::string& path) {
  std::error_code error;
  const auto target = std::filesystem::weakly_canonical(path, error);
  return error ? path : target.string();
}

}  // namespace

Result<void> WriteOutput(int fd, std::string_view text) {
  const int fault = WriteAll(fd, text);
  if (fault == 0) return {};
  if (fault == EPIPE) return Fail(ErrorCode::kClosed, "the reader of standard output has gone");
  return Fail(ErrorCode::kIo, fmt::format("cannot write to standard output: {}", std::strerror(fault)));
}

Result<void> ReplaceFile(const std::string& path, std::string_view text) {
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) return WriteInPlace(path, text);
  return WriteBesideAndRename(WithoutLinks(path), text, exists ? status.st_mode & 07777 : 0666);
}

}  // namespace vmtelem
