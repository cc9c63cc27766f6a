#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "base/log.h"
#include "base/secret.h"

namespace vmtelem {

// The token of the control server, kept in step with its file: before each request that needs one the file is looked
// at, and read again if it is another one or was written since. While it cannot be read, or is empty, there is no token
// and nobody gets in: whoever takes the file away means that. Server's thread.
//
// Only a regular file is read, and without waiting (O_NONBLOCK); one on a network file system whose server is away
// holds up the server's thread, and with it HTTP, but nothing else.
class AccessToken {
 public:
  AccessToken(std::string path, LoggerPtr log);  // an empty path: there is no file and no token

  [[nodiscard]] bool has_file() const { return !path_.empty(); }
  // The token that counts now.
  const std::optional<Secret>& Current();

 private:
  // By which a file is told from what it was before.
  struct Look {
    dev_t device;
    ino_t number;
    off_t size;
    timespec changed;
    bool may_change_unseen;  // its time stamp is so new that another change might get the same one
  };
  [[nodiscard]] std::optional<Look> LookAtFile() const;
  void Read();
  void Use(const Secret& token);

  std::string path_;
  LoggerPtr log_;
  std::optional<Look> look_;
  std::optional<Secret> token_;
  bool was_read_ = false;
  bool logged_absent_ = false;
};

// Whether both are the same text, in a time that depends on the length of `given` only.
bool IsSameToken(std::string_view given, const Secret& token);

}  // namespace vmtelem
