#include "libvirt/api/open_sockets.h"

#include <array>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>

#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace vmtelem {
namespace {

// A server with a path, and clients of it.
class Server {
 public:
  Server() : path_(std::filesystem::temp_directory_path() / ("vmtelem-socket-" + std::to_string(::getpid()))) {
    std::filesystem::remove(path_);
    const sockaddr_un address = Address();
    REQUIRE(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(descriptor_, 8) == 0);
  }
  ~Server() {
    ::close(descriptor_);
    std::filesystem::remove(path_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] int Connect() const {
    const int client = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un address = Address();
    REQUIRE(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return client;
  }

 private:
  [[nodiscard]] sockaddr_un Address() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    return address;
  }

  const std::filesystem::path path_;
  const int descriptor_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
};

// Whether reading ends at once.
bool IsCut(int client) {
  char byte = 0;
  return ::recv(client, &byte, 1, MSG_DONTWAIT) == 0;
}

struct Fixture {
  Server server;
  ConnectionSocket socket;
  std::array<int, 2> pair{};

  Fixture() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()) == 0); }
  ~Fixture() {
    for (const int descriptor : pair) ::close(descriptor);
  }
};

TEST_CASE_METHOD(Fixture, "the socket of a connection is found and can be cut") {
  socket.NoteBefore();
  const int client = server.Connect();
  socket.NoteOpened();
  CHECK_FALSE(IsCut(client));
  socket.Cut();
  CHECK(IsCut(client));
  ::close(client);
}

TEST_CASE_METHOD(Fixture, "a socket that was there before is not cut") {
  const int client = server.Connect();
  socket.NoteBefore();
  socket.NoteOpened();
  socket.Cut();
  CHECK_FALSE(IsCut(client));
  ::close(client);
}

TEST_CASE_METHOD(Fixture, "where two may be meant none is cut") {
  socket.NoteBefore();
  const int one = server.Connect();
  const int other = server.Connect();
  socket.NoteOpened();
  socket.Cut();
  CHECK_FALSE(IsCut(one));
  CHECK_FALSE(IsCut(other));
  ::close(one);
  ::close(other);
}

TEST_CASE_METHOD(Fixture, "a pair of sockets that was made meanwhile is not mistaken for it") {
  socket.NoteBefore();
  std::array<int, 2> meanwhile{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, meanwhile.data()) == 0);
  const int client = server.Connect();
  socket.NoteOpened();
  socket.Cut();
  CHECK(IsCut(client));
  CHECK_FALSE(IsCut(meanwhile[0]));
  for (const int descriptor : {client, meanwhile[0], meanwhile[1]}) ::close(descriptor);
}

TEST_CASE_METHOD(Fixture, "a descriptor that was closed and is in use again is not cut") {
  socket.NoteBefore();
  const int client = server.Connect();
  socket.NoteOpened();
  ::close(client);
  const int again = server.Connect();
  REQUIRE(again == client);
  socket.Cut();
  CHECK_FALSE(IsCut(again));
  ::close(again);
}

}  // namespace
}  // namespace vmtelem
