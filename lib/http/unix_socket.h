#pragma once

#include <string>

#include <sys/types.h>

#include "base/file_io.h"
#include "base/result.h"

namespace vmtelem {

// The file of a unix socket that this process listens on. It is removed at the end, unless another one has taken its
// place; the socket must still be open then, which keeps the file's number from being given to another. Any thread, one
// at a time.
class UnixSocketFile {
 public:
  UnixSocketFile() = default;
  UnixSocketFile(std::string path, dev_t device, ino_t number);
  ~UnixSocketFile();
  UnixSocketFile(UnixSocketFile&& other) noexcept;
  UnixSocketFile& operator=(UnixSocketFile&& other) noexcept;
  UnixSocketFile(const UnixSocketFile&) = delete;
  UnixSocketFile& operator=(const UnixSocketFile&) = delete;

 private:
  void Remove();

  std::string path_;  // empty: nothing to remove
  dev_t device_ = 0;
  ino_t number_ = 0;
};

// A unix socket and its file.
struct UnixListener {
  FileDescriptor socket;  // listens; non-blocking, closed on exec
  UnixSocketFile file;
};

// Listens at `path`, at most 107 bytes. The file has the mode 0660 from its first moment, whatever the umask. A socket
// that nobody listens on any more (connect(2): ECONNREFUSED) is replaced. kCannotCreate, with the path and the cause,
// if somebody listens there, or there is anything else, which is not touched.
//
// Of several that start at the same moment one gets the path: each holds a lock (flock(2)) on the directory from before
// it looks at what is there until it listens.
Result<UnixListener> ListenOnUnixSocket(const std::string& path);

}  // namespace vmtelem
