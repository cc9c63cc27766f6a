#include "spool/fs/durable_file.h"

#include <cerrno>
#include <fstream>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "fakes/temporary_directory.h"
#include "file_hooks.h"

namespace vmtelem {
namespace {

class DurableFileWorld {
 public:
  DurableFileWorld() : directory(*OpenOrMakeDirectory(temporary.path().string())) { file_hooks::Reset(); }
  ~DurableFileWorld() { file_hooks::Reset(); }
  DurableFileWorld(const DurableFileWorld&) = delete;
  DurableFileWorld& operator=(const DurableFileWorld&) = delete;

  std::error_code Write(const std::string& name = "a") { return WriteDurably(directory, name, "bytes"); }
  [[nodiscard]] std::set<std::string> Names() const { return NamesIn(temporary.path()); }

  TemporaryDirectory temporary;
  FileDescriptor directory;
};

TEST_CASE("a durable file has the bytes, and nothing is left beside it") {
  DurableFileWorld world;
  REQUIRE_FALSE(world.Write());
  CHECK(ReadFileBytes(world.temporary.path() / "a") == "bytes");
  CHECK(world.Names() == std::set<std::string>{"a"});
}

TEST_CASE("a file is synced before it gets its name, and the directory after that") {
  DurableFileWorld world;
  REQUIRE_FALSE(world.Write());
  CHECK(file_hooks::Calls() == std::vector<std::string>{"sync file", "rename", "sync directory"});
}

TEST_CASE("a durable file is readable by its owner only, whatever the umask is") {
  DurableFileWorld world;
  const mode_t mask = ::umask(GENERATE(0U, 0777U));
  const auto error = world.Write();
  ::umask(mask);
  REQUIRE_FALSE(error);
  struct stat status {};
  REQUIRE(::stat((world.temporary.path() / "a").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("a file that cannot be synced does not come to be, and is synced once") {
  DurableFileWorld world;
  file_hooks::FailFileSync(EIO);
  CHECK(world.Write() == std::errc::io_error);
  CHECK(world.Names().empty());
  CHECK(file_hooks::Calls() == std::vector<std::string>{"sync file"});
}

TEST_CASE("a file whose name cannot be made durable does not come to be") {
  DurableFileWorld world;
  file_hooks::FailDirectorySync(EIO);
  CHECK(world.Write() == std::errc::io_error);
  CHECK(world.Names().empty());
}

TEST_CASE("a file system that cannot sync directories still takes files") {
  DurableFileWorld world;
  file_hooks::FailDirectorySync(EINVAL);
  CHECK_FALSE(world.Write());
  CHECK(world.Names() == std::set<std::string>{"a"});
}

TEST_CASE("a file is never replaced, also where the file system cannot promise it") {
  DurableFileWorld world;
  WriteFileBytes(world.temporary.path() / "a", "older");
  file_hooks::FailRename(GENERATE(0, EINVAL));
  CHECK(world.Write() == std::errc::file_exists);
  CHECK(ReadFileBytes(world.temporary.path() / "a") == "older");
  CHECK(world.Names() == std::set<std::string>{"a"});
}

TEST_CASE("a file system that cannot refuse to replace still takes files") {
  DurableFileWorld world;
  file_hooks::FailRename(EINVAL);
  CHECK_FALSE(world.Write());
  CHECK(ReadFileBytes(world.temporary.path() / "a") == "bytes");
}

TEST_CASE("what a process left unfinished is removed, and nothing else") {
  DurableFileWorld world;
  WriteFileBytes(world.temporary.path() / ".writing-a", "by");
  WriteFileBytes(world.temporary.path() / "b", "bytes");
  CHECK(RemoveUnfinished(world.directory) == 1);
  CHECK(world.Names() == std::set<std::string>{"b"});
}

TEST_CASE("a file that is being written is not taken for one that was left") {
  DurableFileWorld world;
  std::size_t removed = 0;
  file_hooks::BeforeRename([&] { removed = RemoveUnfinished(world.directory); });
  CHECK_FALSE(world.Write());
  CHECK(removed == 0);
}

TEST_CASE("what another process is writing is not removed") {
  DurableFileWorld world;
  const FileDescriptor writer(::open((world.temporary.path() / ".writing-a").c_str(), O_CREAT | O_WRONLY, 0600));
  REQUIRE(::flock(writer.get(), LOCK_EX) == 0);
  CHECK(RemoveUnfinished(world.directory) == 0);
  CHECK(world.Names() == std::set<std::string>{".writing-a"});
}

TEST_CASE("what was left unfinished is removed also where only who may write can lock, as on NFS") {
  DurableFileWorld world;
  WriteFileBytes(world.temporary.path() / ".writing-a", "by");
  file_hooks::LockOnlyWriters();
  CHECK(RemoveUnfinished(world.directory) == 1);
  CHECK(world.Names().empty());
}

TEST_CASE("a directory that somebody else makes meanwhile keeps its mode") {
  DurableFileWorld world;
  const auto path = world.temporary.path() / "x";
  file_hooks::BeforeMakingDirectory([&] {
    std::filesystem::create_directory(path);
    std::filesystem::permissions(path, std::filesystem::perms(0750));
  });
  CHECK(OpenOrMakeDirectory(path.string()));
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0750));
}

TEST_CASE("a link that is put in place of a directory just made is not followed") {
  DurableFileWorld world;
  const auto path = world.temporary.path() / "x", other = world.temporary.path() / "other";
  std::filesystem::create_directory(other);
  std::filesystem::permissions(other, std::filesystem::perms(0755));
  file_hooks::AfterMakingDirectory([&] {
    std::filesystem::remove(path);
    std::filesystem::create_directory_symlink(other, path);
  });
  const bool by_path = GENERATE(true, false);
  const auto made = by_path ? OpenOrMakeDirectory(path.string()) : OpenOrMakeDirectory(world.directory, "x");
  CHECK_FALSE(made);
  CHECK(std::filesystem::status(other).permissions() == std::filesystem::perms(0755));
}

TEST_CASE("a directory is made with all above it, for its owner only, whatever the umask is") {
  DurableFileWorld world;
  const auto path = world.temporary.path() / "x" / "y";
  const mode_t mask = ::umask(GENERATE(0U, 0777U));
  const auto made = OpenOrMakeDirectory(path.string() + "/");
  ::umask(mask);
  REQUIRE(made);
  for (const auto& each : {path, path.parent_path()}) {
    struct stat status {};
    REQUIRE(::stat(each.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0700);
  }
}

TEST_CASE("a new directory survives a power cut") {
  DurableFileWorld world;
  REQUIRE(OpenOrMakeDirectory(world.directory, "x"));
  CHECK(file_hooks::Calls() == std::vector<std::string>{"sync directory"});
}

TEST_CASE("a link in place of a directory is not followed") {
  DurableFileWorld world;
  std::filesystem::create_directory_symlink("/", world.temporary.path() / "x");
  CHECK_FALSE(OpenOrMakeDirectory(world.directory, "x"));
}

}  // namespace
}  // namespace vmtelem
