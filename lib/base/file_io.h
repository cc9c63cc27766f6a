#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <tl/expected.hpp>
#include <unistd.h>

namespace vmtelem {

// What a system call gave, or the error of the call that failed.
template <class T>
using IoResult = tl::expected<T, std::error_code>;

// The error of the last system call of this thread, from errno.
std::error_code LastError();

// Owns an open file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor() { Close(); }
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      Close();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] bool valid() const { return number_ >= 0; }

 private:
  void Close() const {
    if (number_ >= 0) ::close(number_);
  }

  int number_ = -1;
};

// Reads from where the file stands to its end, but `max_bytes` at most.
IoResult<std::string> ReadAll(const FileDescriptor& file, std::size_t max_bytes);

// Writes all of `bytes`. Waits where the descriptor is non-blocking, as one that is shared with others may be.
std::error_code WriteAll(int fd, std::string_view bytes);

}  // namespace vmtelem
