#include "http/unix_socket.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <set>
#include <thread>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "fakes/temporary_directory.h"
#include "http/listener.h"
#include "served.h"

namespace vmtelem {
namespace {

// A socket whose process died: nobody listens, the file is there.
void LeaveStaleSocket(const std::string& path) {
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
}

mode_t ModeOf(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & ALLPERMS : 0;
}

// The umask of the process while it lives.
class ScopedUmask {
 public:
  explicit ScopedUmask(mode_t mask) : before_(::umask(mask)) {}
  ~ScopedUmask() { ::umask(before_); }
  ScopedUmask(const ScopedUmask&) = delete;
  ScopedUmask& operator=(const ScopedUmask&) = delete;

 private:
  mode_t before_;
};

// The modes in which a file is seen by somebody who looks all the time.
class ModeWatch {
 public:
  explicit ModeWatch(std::string path)
      : thread_([this, path = std::move(path)] {
          while (!is_over_) {
            if (const mode_t mode = ModeOf(path); mode != 0) seen_.insert(mode);
          }
        }) {}
  std::set<mode_t> End() {
    is_over_ = true;
    thread_.join();
    return seen_;
  }

 private:
  std::atomic<bool> is_over_ = false;
  std::set<mode_t> seen_;
  std::thread thread_;
};

std::string Refused(const std::string& path) {
  const auto listener = ListenOnUnixSocket(path);
  REQUIRE_FALSE(listener);
  CHECK(listener.error().code == ErrorCode::kCannotCreate);
  CHECK_THAT(listener.error().message, Catch::Contains(path));
  return listener.error().message;
}

}  // namespace

TEST_CASE("the file of a socket has the mode 0660 whatever the umask, whenever one looks") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() / "s";
  const ScopedUmask umask(GENERATE(mode_t{0}, mode_t{022}, mode_t{077}, mode_t{0777}));
  ModeWatch watch(path);
  for (int i = 0; i < 200; ++i) REQUIRE(ListenOnUnixSocket(path));
  CHECK(watch.End() == std::set<mode_t>{0660});
}

TEST_CASE("the umask of the process stays as it was") {
  const TemporaryDirectory directory;
  const ScopedUmask umask(027);
  REQUIRE(ListenOnUnixSocket(directory.path() / "s"));
  CHECK(::umask(027) == 027);
}

TEST_CASE("a socket that a dead process left is replaced") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() / "s";
  LeaveStaleSocket(path);
  const auto listener = ListenOnUnixSocket(path);
  REQUIRE(listener);
  CHECK(RawClient(path).is_connected());
}

TEST_CASE("a socket that somebody listens on is left to them") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() / "s";
  const auto first = ListenOnUnixSocket(path);
  REQUIRE(first);
  CHECK_THAT(Refused(path), Catch::Contains("another process listens"));
  CHECK(RawClient(path).is_connected());
}

TEST_CASE("a socket of somebody whose queue of connections is full is left to them") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() / "s";
  const auto first = ListenOnUnixSocket(path);
  REQUIRE(first);
  REQUIRE(::listen(first->socket.get(), 0) == 0);
  const RawClient waiting(path);
  REQUIRE(waiting.is_connected());
  CHECK_THAT(Refused(path), Catch::Contains("another process listens"));
}

TEST_CASE("a file of any other kind is left alone") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() / "s";
  const std::string target = directory.path() / "target";
  WriteFileBytes(target, "precious");
  SECTION("a file") { WriteFileBytes(path, "precious"); }
  SECTION("a directory") { std::filesystem::create_directory(path); }
  SECTION("a link to a file") { std::filesystem::create_symlink(target, path); }
  SECTION("a link to nothing") { std::filesystem::create_symlink(directory.path() / "nothing", path); }
  SECTION("a link to a stale socket") {
    LeaveStaleSocket(directory.path() / "stale");
    std::filesystem::create_symlink(directory.path() / "stale", path);
  }
  SECTION("a FIFO") { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }
  const auto before = NamesIn(directory.path());
  Refused(path);
  CHECK(NamesIn(directory.path()) == before);
  CHECK(ReadFileBytes(target) == "precious");
}

TEST_CASE("a directory that is missing or that we may not write is an error that says so") {
  CHECK_THAT(Refused("/nonexistent-directory/s"), Catch::Contains("No such file or directory"));
  CHECK_THAT(Refused("/proc/s"), Catch::Contains("cannot listen"));
}

TEST_CASE("the file is removed with the listener") {
  const TemporaryDirectory directory;
  REQUIRE(ListenOnUnixSocket(directory.path() / "s"));
  CHECK(NamesIn(directory.path()).empty());
}

TEST_CASE("a file that another one has put in the place of ours is not removed") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() / "s";
  auto first = ListenOnUnixSocket(path);
  REQUIRE(first);
  std::filesystem::remove(path);
  const auto second = ListenOnUnixSocket(path);
  REQUIRE(second);
  first = ListenOnUnixSocket(directory.path() / "elsewhere");
  CHECK(RawClient(path).is_connected());
}

TEST_CASE("of several that start at once on a stale socket exactly one gets it") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() / "s";
  for (int round = 0; round < 20; ++round) {
    LeaveStaleSocket(path);
    std::vector<std::optional<UnixListener>> listeners(8);
    std::vector<std::thread> starters;
    for (auto& listener : listeners) {
      starters.emplace_back([&] {
        if (auto made = ListenOnUnixSocket(path)) listener = std::move(*made);
      });
    }
    for (std::thread& starter : starters) starter.join();
    CHECK(std::count_if(listeners.begin(), listeners.end(), [](const auto& one) { return one.has_value(); }) == 1);
    CHECK(RawClient(path).is_connected());
  }
}

TEST_CASE("a directory that somebody keeps locked delays a start, and does not stop it for ever") {
  const TemporaryDirectory directory;
  const FileDescriptor held(::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  REQUIRE(::flock(held.get(), LOCK_EX) == 0);
  CHECK_THAT(Refused(directory.path() / "s"), Catch::Contains("its directory"));
}

TEST_CASE("requests are answered over a unix socket, under any Host") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() / "s";
  ListenAddress address{.kind = ListenAddress::Kind::kUnix, .text = "unix:" + path};
  Served served({}, address);
  RawClient client(path);
  REQUIRE(client.Send("GET /healthz HTTP/1.1\r\nHost: anything\r\n\r\n"));
  CHECK(client.ReadAnswer()->body == "ok\n");
  served.Stop();
  CHECK(NamesIn(directory.path()).empty());
}

}  // namespace vmtelem
