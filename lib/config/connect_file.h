#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/hypervisor.h"

namespace vmtelem {

// A file that names hypervisors, one a line.
//
//   # comment; blank lines
//   qemu:///system
//   rack7=qemu+ssh://monitor@rack7.example/system    # comment
//
// White space around a hypervisor is cut; none may be within it. Lines end with LF or CR LF. A byte order mark of UTF-8
// before the first line is skipped; a file in UTF-16 is refused.
struct ConnectFile {
  struct Entry {
    Hypervisor hypervisor;  // nth is not known here
    std::size_t line = 0;
  };
  std::vector<Entry> entries;       // in the order of the file
  std::vector<std::string> faults;  // "PATH:LINE: what is wrong", never with a URI; a file without hypervisors is one
};

// `path` is for messages only.
ConnectFile ParseConnectFile(std::string_view text, std::string_view path);

// A file that cannot be read is a fault as well. At most 1 MiB is read.
ConnectFile ReadConnectFile(const std::string& path);

}  // namespace vmtelem
