#include "spool/fs/safe_open.h"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakes/disk_conditions.h"
#include "fakes/temporary_directory.h"
#include "file_hooks.h"

namespace vmtelem {
namespace {

class OwnFileWorld {
 public:
  OwnFileWorld() : directory(*OpenOrMakeDirectory(temporary.path().string())) { file_hooks::Reset(); }
  ~OwnFileWorld() { file_hooks::Reset(); }
  OwnFileWorld(const OwnFileWorld&) = delete;
  OwnFileWorld& operator=(const OwnFileWorld&) = delete;

  [[nodiscard]] auto Open(int flags = O_RDWR) const { return OpenOrMakeFile(directory, "a", flags); }
  [[nodiscard]] auto OpenLocked() const {
    return OpenAndLock([this](int access) { return Open(access); });
  }
  [[nodiscard]] std::filesystem::path path() const { return temporary.path() / "a"; }
  [[nodiscard]] unsigned mode() const {
    struct stat status {};
    return ::stat(path().c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }

  TemporaryDirectory temporary;
  FileDescriptor directory;
};

TEST_CASE("a file is made for its owner only, whatever the umask is") {
  const OwnFileWorld world;
  const mode_t mask = ::umask(GENERATE(0U, 0777U));
  const auto file = world.Open();
  ::umask(mask);
  REQUIRE(file);
  CHECK(world.mode() == 0600);
}

TEST_CASE("a file that was there keeps what is in it, and its mode") {
  const OwnFileWorld world;
  WriteFileBytes(world.path(), "bytes");
  std::filesystem::permissions(world.path(), std::filesystem::perms(0640));
  CHECK(world.Open());
  CHECK(world.mode() == 0640);
  CHECK(ReadFileBytes(world.path()) == "bytes");
}

TEST_CASE("a second name of a file that belongs to the directory's owner is opened") {
  const OwnFileWorld world;
  WriteFileBytes(world.temporary.path() / "b", "bytes");
  std::filesystem::create_hard_link(world.temporary.path() / "b", world.path());
  CHECK(world.Open());
}

TEST_CASE("a second name of another user's file is not opened") {
  if (::geteuid() != 0) {
    WARN("skipped: only root can give files away");
    return;
  }
  const OwnFileWorld world;
  WriteFileBytes(world.temporary.path() / "b", "bytes");
  REQUIRE(::chown((world.temporary.path() / "b").c_str(), 65534, 65534) == 0);
  std::filesystem::create_hard_link(world.temporary.path() / "b", world.path());
  const auto file = world.Open();
  REQUIRE_FALSE(file);
  CHECK(file.error().message() == "it is no regular file, or has another name besides");
}

TEST_CASE("a link is not followed") {
  const OwnFileWorld world;
  WriteFileBytes(world.temporary.path() / "b", "bytes");
  std::filesystem::create_symlink(world.temporary.path() / "b", world.path());
  CHECK_FALSE(world.Open());
}

TEST_CASE("a pipe is not opened, and nobody waits for its other end") {
  const OwnFileWorld world;
  REQUIRE(::mkfifo(world.path().c_str(), 0600) == 0);
  CHECK_FALSE(world.Open(O_RDONLY));
  CHECK_FALSE(world.Open(O_WRONLY));
}

TEST_CASE("a lock is held by a descriptor that cannot write, unless the file system wants one that can") {
  const OwnFileWorld world;
  const bool only_writers = GENERATE(false, true);
  if (only_writers) file_hooks::LockOnlyWriters();
  const auto file = world.OpenLocked();
  REQUIRE(file);
  CHECK((::fcntl(file->get(), F_GETFL) & O_ACCMODE) == (only_writers ? O_RDWR : O_RDONLY));
  const auto second = world.OpenLocked();
  REQUIRE_FALSE(second);
  CHECK(second.error() == std::errc::operation_would_block);
}

TEST_CASE("a file is replaced when its name is gone or another's") {
  const OwnFileWorld world;
  const auto file = world.Open();
  REQUIRE(file);
  CHECK_FALSE(IsReplaced(*file, world.directory, "a"));
  std::filesystem::remove(world.path());
  CHECK(IsReplaced(*file, world.directory, "a"));
  WriteFileBytes(world.path(), "");
  CHECK(IsReplaced(*file, world.directory, "a"));
}

TEST_CASE("a file in a directory that may not be entered is not taken for replaced") {
  const OwnFileWorld world;
  const auto file = world.Open();
  const PlainUser user(world.temporary.path());
  std::filesystem::permissions(world.temporary.path(), std::filesystem::perms(0));
  CHECK_FALSE(IsReplaced(*file, world.directory, "a"));
  std::filesystem::permissions(world.temporary.path(), std::filesystem::perms(0700));
}

}  // namespace
}  // namespace vmtelem
