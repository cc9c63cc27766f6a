#include "spool/spool_permissions.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/spool_listing.h"

namespace vmtelem {
namespace {

void MakePrivate(const FileDescriptor& directory, const std::string& path, bool may_change,
                 std::vector<std::string>& notes) {
  struct stat status {};
  if (::fstat(directory.get(), &status) != 0) return;
  if (status.st_uid != ::geteuid() && ::geteuid() != 0) {
    notes.push_back(fmt::format("the spool directory {} belongs to another user (number {})", path, status.st_uid));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return;
  if (!may_change) {
    notes.push_back(
        fmt::format("the spool directory {} is open to other users and holds other things, so its mode stays", path));
  } else if (::fchmod(directory.get(), S_IRWXU) == 0) {
    notes.push_back(fmt::format("the spool directory {} was open to other users; its mode is 0700 now", path));
  } else {
    notes.push_back(fmt::format("the spool directory {} is open to other users and its mode cannot be changed: {}",
                                path, LastError().message()));
  }
}

}  // namespace

std::vector<std::string> MakeSpoolPrivate(const SpoolLock& lock) {
  std::vector<std::string> notes;
  const bool only_spool = ListSpoolRoot(lock.root_directory()).foreign.empty();
  MakePrivate(lock.root_directory(), lock.root(), only_spool, notes);
  MakePrivate(lock.directory(), lock.path(), true, notes);
  return notes;
}

}  // namespace vmtelem
