#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace vmtelem {

// A credential that was read from a file.
struct SecretFile {
  Secret secret;
  bool readable_by_others = false;  // worth a warning
};

// Reads a credential: the whole file, at most 64 KiB, without the line end at its end and a byte order mark at its
// start. Fails with kInvalid if it cannot be read, is empty, or holds a control character (which would break a header).
// The message names the file and never its content.
Result<SecretFile> ReadSecretFile(const std::string& path);

}  // namespace vmtelem
