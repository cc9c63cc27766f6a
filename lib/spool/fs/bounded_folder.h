#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include "spool/fs/directory.h"

namespace vmtelem {

// The disk space of a file, which of a sparse one is less than its size; 0 if it cannot be looked at.
std::uint64_t FileBytesOnDisk(const FileDescriptor& directory, const char* name);

// A directory of files that are kept for people to look at, of bounded number and disk space: those whose names sort
// first are removed first. Other files in it are left alone. Knows its files from when it is opened, so one process at
// a time should add to it.
class BoundedFolder {
 public:
  struct Limits {
    std::size_t files = 0;
    std::uint64_t bytes = 0;
  };
  struct File {
    std::string name;
    std::uint64_t bytes = 0;
  };

  using IsOurs = bool (*)(std::string_view name);

  BoundedFolder(Limits limits, IsOurs is_ours) : limits_(limits), is_ours_(is_ours) {}

  // Opens or makes it, unless that is done already and it is still there.
  std::error_code Open(const FileDescriptor& parent, const std::string& name);
  // Removes files until one more of that size fits; false if it never will. `before_removal` is called with the name of
  // each.
  bool MakeRoom(std::uint64_t bytes, const std::function<void(const std::string& name)>& before_removal = {});
  void Added(File file);
  // The last file has grown.
  void Grew(std::uint64_t bytes);

  [[nodiscard]] const FileDescriptor& descriptor() const { return folder_; }
  [[nodiscard]] const std::deque<File>& files() const { return files_; }  // sorted by name

 private:
  void List();

  const Limits limits_;
  const IsOurs is_ours_;
  FileDescriptor folder_;
  std::deque<File> files_;
  std::uint64_t bytes_ = 0;
};

}  // namespace vmtelem
