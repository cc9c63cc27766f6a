#include "spool/fs/bounded_folder.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vmtelem {
namespace {

std::uint64_t BytesOnDisk(const struct stat& status) {
  constexpr std::uint64_t kBlock = 512;  // of st_blocks, whatever the file system's are: stat(2)
  return static_cast<std::uint64_t>(status.st_blocks) * kBlock;
}

}  // namespace

std::uint64_t FileBytesOnDisk(const FileDescriptor& directory, const char* name) {
  struct stat status {};
  return ::fstatat(directory.get(), name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? BytesOnDisk(status) : 0;
}

std::error_code BoundedFolder::Open(const FileDescriptor& parent, const std::string& name) {
  struct stat status {};
  if (folder_.valid() && ::fstat(folder_.get(), &status) == 0 && status.st_nlink > 0) return {};
  auto opened = OpenOrMakeDirectory(parent, name);
  if (!opened) return opened.error();
  folder_ = std::move(*opened);
  List();
  return {};
}

void BoundedFolder::List() {
  files_.clear();
  bytes_ = 0;
  ForEachName(folder_, [this](const char* name) {
    struct stat status {};
    if (!is_ours_(name)) return;
    if (::fstatat(folder_.get(), name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) return;
    files_.push_back({name, BytesOnDisk(status)});
    bytes_ += files_.back().bytes;
  });
  std::sort(files_.begin(), files_.end(), [](const File& a, const File& b) { return a.name < b.name; });
}

bool BoundedFolder::MakeRoom(std::uint64_t bytes, const std::function<void(const std::string& name)>& before_removal) {
  if (bytes > limits_.bytes) return false;
  while (files_.size() >= limits_.files || bytes_ + bytes > limits_.bytes) {
    if (files_.empty()) return false;
    if (before_removal) before_removal(files_.front().name);
    ::unlinkat(folder_.get(), files_.front().name.c_str(), 0);
    bytes_ -= files_.front().bytes;
    files_.pop_front();
  }
  return true;
}

void BoundedFolder::Added(File file) {
  bytes_ += file.bytes;
  const auto place = std::upper_bound(files_.begin(), files_.end(), file,
                                      [](const File& a, const File& b) { return a.name < b.name; });
  files_.insert(place, std::move(file));
}

void BoundedFolder::Grew(std::uint64_t bytes) {
  bytes_ += bytes;
  files_.back().bytes += bytes;
}

}  // namespace vmtelem
