#include <algorithm>
#include <filesystem>

#include <sys/resource.h>

#include "fakes/eventually.h"
#include "fakes/fake_clock.h"
#include "served.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

bool IsOpen(const RawClient& client) {
  char byte = 0;
  return ::recv(client.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

std::size_t OpenDescriptors() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

HttpServerOptions WithPlaces(std::size_t places) {
  HttpServerOptions options;
  options.connections_max = places;
  return options;
}

// While it lives nothing can be opened; what is open stays open. Assertions have to wait: the undefined behaviour
// sanitizer looks at memory by means of a pipe.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{.rlim_cur = 3, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  rlimit before_{};
};

bool IsHealthy(const Served& served) {
  RawClient client = served.Connect();
  if (!client.Send(served.Request("GET /healthz"))) return false;
  const auto answer = client.ReadAnswer();
  return answer && answer->status == 200;
}

}  // namespace

TEST_CASE("of 200 connections that are opened and left the newest 64 stay, and a request is answered") {
  const Served served;
  std::vector<RawClient> left;
  for (int i = 0; i < 200; ++i) left.push_back(served.Connect());
  CHECK(Eventually([&] { return std::count_if(left.begin(), left.end(), IsOpen) == 64; }));
  CHECK(std::all_of(left.end() - 64, left.end(), IsOpen));
  CHECK(IsHealthy(served));
}

TEST_CASE("the descriptors of a server are those of its places and five more") {
  const std::size_t before = OpenDescriptors();
  {
    const Served served(WithPlaces(8));
    std::vector<RawClient> left;
    for (int i = 0; i < 50; ++i) left.push_back(served.Connect());
    REQUIRE(Eventually([&] { return std::count_if(left.begin(), left.end(), IsOpen) == 8; }));
    const std::size_t of_test = left.size() + 1;  // and the socket that listens
    CHECK(OpenDescriptors() - before - of_test <= 8 + HttpServer::kOwnDescriptors);
  }
  CHECK(OpenDescriptors() == before);
}

TEST_CASE("a newcomer takes the place of the connection that has been idle for the longest time") {
  const Served served(WithPlaces(2));
  RawClient first = served.Connect();
  RawClient second = served.Connect();
  for (RawClient* client : {&first, &second, &first}) {
    REQUIRE(client->Send(served.Request("GET /healthz")));
    REQUIRE(client->ReadAnswer());
  }
  CHECK(IsHealthy(served));
  CHECK(second.IsClosed());
  CHECK(IsOpen(first));
}

TEST_CASE("while all places are taken by requests under way a newcomer is turned away at once") {
  FakeClock clock;
  Served served(WithPlaces(2), std::nullopt, &clock);
  RawClient first = served.Connect();
  RawClient second = served.Connect();
  for (RawClient* client : {&first, &second}) {
    REQUIRE(client->Send(served.Request("GET /healthz") + "GET /"));
    REQUIRE(client->ReadAnswer());
    REQUIRE(client->Send("h"));
  }
  // The rest of a request may be seen a moment later than the answer to the one before it.
  REQUIRE(Eventually([&] { return served.Connect().IsClosed(); }));
  CHECK(IsOpen(first));
  CHECK(IsOpen(second));
}

TEST_CASE("a request that takes more than a second to come gives its place to a newcomer") {
  FakeClock clock;
  Served served(WithPlaces(1), std::nullopt, &clock);
  RawClient slow = served.Connect();
  REQUIRE(slow.Send("GET /heal"));
  clock.Advance(2s);
  CHECK(IsHealthy(served));
  CHECK(slow.IsClosed());
}

TEST_CASE("clients that do not take large answers do not fill the memory, nor keep small answers from others") {
  Served served;
  std::vector<RawClient> slow;
  for (int i = 0; i < 10; ++i) {
    slow.push_back(served.Connect());
    REQUIRE(slow.back().Send(served.Request("GET /large")));
  }
  REQUIRE(Eventually([&] { return served.answers("/large", 200) + served.answers("/large", 503) == 10; }));
  CHECK(served.answers("/large", 200) == 3);  // of 20 MB; 64 MiB are for all
  CHECK(IsHealthy(served));
  slow.clear();
  CHECK(Eventually([&] {
    RawClient client = served.Connect();
    if (!client.Send(served.Request("GET /large"))) return false;
    const auto answer = client.ReadAnswer();
    return answer && answer->status == 200;
  }));
}

TEST_CASE("slow clients on all places do not keep others out") {
  const Served served;
  std::vector<RawClient> slow;
  for (int i = 0; i < 64; ++i) {
    slow.push_back(served.Connect());
    REQUIRE(slow.back().Send("GET /h"));
  }
  CHECK(Eventually([&] { return IsHealthy(served); }));
}

TEST_CASE("a server goes on without spinning when there are no more descriptors, and when there are again") {
  const Served served;
  RawClient before = served.Connect();
  REQUIRE(before.Send(served.Request("GET /healthz")));
  REQUIRE(before.ReadAnswer());
  const FileDescriptor waiting(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(served.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool connected = false, answered = false;
  std::chrono::nanoseconds used{};
  {
    const NoMoreDescriptors none;
    connected = ::connect(waiting.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    const auto cpu_before = CpuTime();
    answered = before.Send(served.Request("GET /healthz")) && before.ReadAnswer().has_value();
    std::this_thread::sleep_for(300ms);
    used = CpuTime() - cpu_before;
  }
  CHECK(connected);
  CHECK(answered);
  CHECK(used < 30ms);
  CHECK(IsHealthy(served));
}

TEST_CASE("a stop does not wait for clients") {
  Served served;
  std::vector<RawClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(served.Connect());
    REQUIRE(clients.back().Send(i % 2 == 0 ? "GET /heal" : served.Request("GET /large")));
  }
  const auto begin = std::chrono::steady_clock::now();
  served.Stop();
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  for (RawClient& client : clients) CHECK(client.IsClosed());
  CHECK_FALSE(served.Connect().is_connected());
}

}  // namespace vmtelem
