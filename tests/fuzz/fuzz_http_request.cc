// Arbitrary bytes of a client, through libmicrohttpd, guard, router and query, over a pair of sockets. The first byte
// says in how many parts they come. A route that changes something is reached with the token only, and whatever comes
// back is HTTP.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fakes/null_logger.h"
#include "http/mhd_daemon.h"

namespace {

constexpr std::string_view kToken = "T0ken";

void Require(bool condition) {
  if (!condition) std::abort();
}

std::string TokenFile() {
  const int fd = ::memfd_create("token", MFD_CLOEXEC);
  Require(::write(fd, kToken.data(), kToken.size()) == static_cast<ssize_t>(kToken.size()));
  return "/proc/self/fd/" + std::to_string(fd);
}

vmtelem::ListenAddress Loopback() {
  vmtelem::ListenAddress address;
  address.ip = {127, 0, 0, 1};
  address.port = 9177;
  address.text = "127.0.0.1:9177";
  return address;
}

// A server without a thread.
class World {
 public:
  World() {
    auto daemon = vmtelem::MhdDaemon::Start(responder_, table_);
    Require(daemon.has_value());
    daemon_ = std::move(*daemon);
  }

  // What a client that sends this, and then ends, gets back.
  std::string AnswersTo(std::string_view bytes, std::size_t parts) {
    posted_ = false;
    int ends[2];
    Require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    daemon_->Add(ends[0]);
    if (bytes.find('\0') != std::string_view::npos) daemon_->NoteNul(ends[0]);
    std::string answers;
    for (std::size_t sent = 0, part = bytes.size() / parts + 1; sent < bytes.size(); sent += part) {
      static_cast<void>(::send(ends[1], bytes.data() + sent, std::min(part, bytes.size() - sent), MSG_NOSIGNAL));
      Work(ends[1], answers);
    }
    ::shutdown(ends[1], SHUT_WR);
    Work(ends[1], answers);
    ::close(ends[1]);
    Work(-1, answers);
    Require(table_.size() == 0);
    return answers;
  }
  [[nodiscard]] bool posted() const { return posted_; }

 private:
  vmtelem::HttpServerOptions Options() {
    const auto answer = [](const vmtelem::HttpRequest& request) {
      vmtelem::HttpResponse response;
      response.body = std::string(request.Parameter("name").value_or("none"));
      response.may_be_packed = true;
      return response;
    };
    vmtelem::HttpServerOptions options;
    options.routes = {{"/metrics", "GET", answer},
                      {"/start", "POST", [this, answer](const vmtelem::HttpRequest& request) {
                         posted_ = true;
                         return answer(request);
                       }}};
    options.token_file = TokenFile();
    options.hosts = {"vm.example"};
    return options;
  }

  // Until nothing more happens.
  void Work(int client, std::string& answers) {
    char bytes[4096];
    bool goes_on = true;
    while (goes_on) {
      pollfd ready{daemon_->epoll_fd(), POLLIN, 0};
      goes_on = ::poll(&ready, 1, 0) > 0 || daemon_->has_work();
      daemon_->Run();
      ssize_t got = 0;
      while (client >= 0 && (got = ::recv(client, bytes, sizeof(bytes), 0)) > 0) {
        answers.append(bytes, static_cast<std::size_t>(got));
        goes_on = true;
      }
    }
  }

  vmtelem::SystemClock clock_;
  vmtelem::ConnectionTable table_{64, clock_};
  vmtelem::HttpResponder responder_{Loopback(), Options(), clock_, vmtelem::MakeNullLogger()};
  std::unique_ptr<vmtelem::MhdDaemon> daemon_;
  bool posted_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string answers = world.AnswersTo(bytes, data[0] % 8U + 1U);
  Require(answers.empty() || answers.substr(0, 7) == "HTTP/1.");
  Require(!world.posted() || bytes.find(kToken) != std::string_view::npos);
  return 0;
}
