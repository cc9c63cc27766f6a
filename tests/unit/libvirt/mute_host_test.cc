#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fakes/default_settings.h"
#include "fakes/eventually.h"
#include "fakes/null_logger.h"
#include "libvirt/api/event_loop.h"
#include "libvirt/libvirt_source.h"

// libvirt's own attempts to connect to a host that takes them and never says a word: what is left of them when the
// source is closed. libvirt itself ends none.
namespace vmtelem {
namespace {

namespace fs = std::filesystem;

struct Held {
  std::size_t threads, descriptors, children;
  [[nodiscard]] bool IsWithin(const Held& other) const {
    return threads <= other.threads && descriptors <= other.descriptors && children <= other.children;
  }
};

std::size_t CountEntries(const char* directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

Held HeldNow() {
  Held held{CountEntries("/proc/self/task"), CountEntries("/proc/self/fd"), 0};
  for (const auto& task : fs::directory_iterator("/proc/self/task")) {
    std::ifstream children(task.path() / "children");
    held.children +=
        static_cast<std::size_t>(std::distance(std::istream_iterator<pid_t>(children), std::istream_iterator<pid_t>()));
  }
  return held;
}

// Takes connections, in the kernel's queue, and answers none.
class MuteSockets {
 public:
  MuteSockets() : directory_(fs::temp_directory_path() / ("vmtelem-mute-" + std::to_string(::getpid()))) {
    fs::create_directory(directory_);
    sockaddr_un path{};
    path.sun_family = AF_UNIX;
    std::strncpy(path.sun_path, (directory_ / "socket").c_str(), sizeof path.sun_path - 1);
    Listen(unix_, reinterpret_cast<sockaddr*>(&path), sizeof path);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    Listen(tcp_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(tcp_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    std::ofstream(directory_ / "ssh") << "#!/bin/sh\nexec sleep 60\n";
    fs::permissions(directory_ / "ssh", fs::perms::owner_all);
  }
  ~MuteSockets() {
    ::close(unix_);
    ::close(tcp_);
    fs::remove_all(directory_);
  }
  MuteSockets(const MuteSockets&) = delete;
  MuteSockets& operator=(const MuteSockets&) = delete;

  [[nodiscard]] std::string Uri(const std::string& transport) const {
    const std::string at = "127.0.0.1:" + std::to_string(port_);
    if (transport == "unix") return "qemu+unix:///system?socket=" + (directory_ / "socket").string();
    if (transport == "ssh") return "qemu+ssh://node7/system?command=" + (directory_ / "ssh").string();
    if (transport == "libssh") return "qemu+libssh://root@" + at + "/system?known_hosts_verify=ignore";
    return "qemu+" + transport + "://" + at + "/system?no_verify=1";
  }

 private:
  static void Listen(int descriptor, const sockaddr* address, socklen_t size) {
    REQUIRE(::bind(descriptor, address, size) == 0);
    REQUIRE(::listen(descriptor, 64) == 0);
  }

  const fs::path directory_;
  const int unix_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const int tcp_ = ::socket(AF_INET, SOCK_STREAM, 0);
  int port_ = 0;
};

struct MuteHostFixture {
  SystemClock clock;
  CollectOptions options = DefaultConfig().collect;
  MuteSockets sockets;
  std::shared_ptr<EventLoop> loop = *EventLoop::Share();  // so that each source finds it running

  // Leaves when an attempt has been given up. Whether all calls have returned then.
  bool Visit(const std::string& uri) {
    const Held before = HeldNow();
    options.timeout = std::chrono::milliseconds(300);
    options.first_answer_timeout = options.timeout;
    const auto source = MakeLibvirtSource({.uri = uri}, options, clock, MakeNullLogger());
    Snapshot snapshot;
    CHECK_FALSE(source->Collect(snapshot).has_value());
    CHECK_FALSE(source->Collect(snapshot).has_value());
    CHECK(HeldNow().threads > before.threads);
    return Eventually([&] { return source->Close() == 0; });
  }
};

TEST_CASE_METHOD(MuteHostFixture, "of a host that takes connections and is mute nothing is left when it is closed") {
  const std::string transport = GENERATE("unix", "tcp", "ssh", "libssh");
  INFO(transport);
  Visit(sockets.Uri(transport));  // libraries keep something of their first use
  const Held before = HeldNow();
  for (int i = 0; i < 3; ++i) CHECK(Visit(sockets.Uri(transport)));
  Held after{};
  CHECK(Eventually([&] { return (after = HeldNow()).IsWithin(before); }));
  CHECK(after.threads <= before.threads);
  CHECK(after.descriptors <= before.descriptors);
  CHECK(after.children <= before.children);
}

}  // namespace
}  // namespace vmtelem
