#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vmtelem {

// A file of KEY=VALUE lines as systemd's EnvironmentFile= reads them. Nothing is executed or expanded. Where a shell
// that sources the same file would quietly get another value, the line is refused instead of guessed at.
//
//   # comment, also ; comment; blank lines
//   KEY=plain text           no quotes, no backslashes, no " #"; white space at the end is cut
//   KEY='literal text'
//   KEY="text"               \" \\ \$ \` stand for the character
//
// Lines end with LF or CR LF; a line with a carriage return elsewhere is refused. A byte order mark of UTF-8 before the
// first line is skipped; a file in UTF-16 is refused.
struct EnvFile {
  struct Entry {
    std::string name;
    std::string value;  // may be a credential: it is not for messages
    std::size_t line = 0;
  };
  std::vector<Entry> entries;       // in the order of the file; a later one of the same name counts
  std::vector<std::string> faults;  // "PATH:LINE: what is wrong", never with a value
};

// `path` is for messages only.
EnvFile ParseEnvFile(std::string_view text, std::string_view path);

// A file that cannot be read is a fault as well. At most 1 MiB is read.
EnvFile ReadEnvFile(const std::string& path);

}  // namespace vmtelem
