#include "cmd/terminal/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_io.h"

namespace vmtelem {
namespace {

tl::unexpected<Error> FailFor(ErrorCode code, std::string_view doing, const std::string& path, int number) {
  return Fail(code, fmt::format("cannot {} {}: {}", doing, path, std::strerror(number)));
}

Result<void> WriteInPlace(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return FailFor(ErrorCode::kCannotCreate, "open", path, errno);
  const int fault = WriteAll(fd, text).value();
  ::close(fd);
  if (fault == EPIPE) return Fail(ErrorCode::kClosed, fmt::format("the reader of {} has gone", path));
  if (fault != 0) return FailFor(ErrorCode::kIo, "write", path, fault);
  return {};
}

// The bytes must be on disk before the name is: else a crash could leave an empty file under it.
int WriteAndSync(int fd, std::string_view text) {
  int fault = WriteAll(fd, text).value();
  if (fault == 0 && ::fsync(fd) != 0) fault = errno;
  if (::close(fd) != 0 && fault == 0) fault = errno;
  return fault;
}

// Where a file is written before it has its name: in the same directory, which is held open, so that neither the length
// of the name nor that of the path matters. Others that write there, in other containers too, have names of their own.
struct Place {
  int directory = -1;
  std::string name, temporary;
};

std::string RandomName() {
  std::random_device random;
  return fmt::format(".vmtelem-{:08x}{:08x}.tmp", random(), random());
}

int WriteTemporary(const Place& place, std::string_view text, mode_t mode) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  const int fd = ::openat(place.directory, place.temporary.c_str(), flags, mode);
  return fd < 0 ? -1 : WriteAndSync(fd, text);
}

Result<void> WriteAndRename(const Place& place, const std::string& path, std::string_view text, mode_t mode) {
  const int fault = WriteTemporary(place, text, mode);
  if (fault < 0) return FailFor(ErrorCode::kCannotCreate, "create a file beside", path, errno);
  const bool renamed =
      fault == 0 && ::renameat(place.directory, place.temporary.c_str(), place.directory, place.name.c_str()) == 0;
  if (renamed) return {};
  const int number = fault != 0 ? fault : errno;
  ::unlinkat(place.directory, place.temporary.c_str(), 0);
  return fault != 0 ? FailFor(ErrorCode::kIo, "write", path, number)
                    : FailFor(ErrorCode::kCannotCreate, "replace", path, number);
}

Result<void> WriteBesideAndRename(const std::string& path, std::string_view text, mode_t mode) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Place place{::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), path.substr(slash + 1), RandomName()};
  if (place.directory < 0) return FailFor(ErrorCode::kCannotCreate, "create", path, errno);
  auto written = WriteAndRename(place, path, text, mode);
  ::close(place.directory);
  return written;
}

std::string WithoutLinks(const std::string& path) {
  std::error_code error;
  const auto target = std::filesystem::weakly_canonical(path, error);
  return error ? path : target.string();
}

}  // namespace

Result<void> WriteOutput(int fd, std::string_view text) {
  const int fault = WriteAll(fd, text).value();
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

std::string ReadReplaced(const std::string& path, std::size_t max_bytes) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  return file.valid() ? ReadAll(file, max_bytes).value_or("") : "";
}

}  // namespace vmtelem
