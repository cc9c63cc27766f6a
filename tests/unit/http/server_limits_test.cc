#include "fakes/eventually.h"
#include "fakes/fake_clock.h"
#include "fakes/temporary_directory.h"
#include "served.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

// A server whose time the test moves.
struct Timed {
  FakeClock clock;
  Served served{{}, std::nullopt, &clock};

  // The server has seen what came before, and looks at its clock once more.
  void Advance(Nanoseconds by) {
    Settle();
    clock.Advance(by);
    Settle();
  }
  void Settle() {
    RawClient client = served.Connect();
    REQUIRE(client.Send(served.Request("GET /healthz")));
    REQUIRE(client.ReadAnswer());
  }
};

bool IsOpen(RawClient& client) {
  char byte = 0;
  const ssize_t got = ::recv(client.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

// The bodies that a client may post.
struct Posts {
  TemporaryDirectory directory;
  Served served{[this] {
    HttpServerOptions options;
    options.token_file = directory.path() / "token";
    WriteFileBytes(options.token_file, "T0ken");
    return options;
  }()};

  std::optional<RawAnswer> Post(RawClient& client, const std::string& framing, const std::string& body) const {
    REQUIRE(client.Send(served.Request("POST /echo", "Authorization: Bearer T0ken\r\n" + framing)));
    client.Send(body);  // which the server may have closed before it ends
    return client.ReadAnswer();
  }
};

std::string Chunks(std::size_t count, std::size_t size) {
  std::string chunks;
  for (std::size_t i = 0; i < count; ++i) {
    char length[32];
    std::snprintf(length, sizeof(length), "%zx\r\n", size);
    chunks += length + std::string(size, 'c') + "\r\n";
  }
  return chunks + "0\r\n\r\n";
}

}  // namespace

TEST_CASE("a request that has not come in 10 s is cut off, however many bytes came") {
  Timed timed;
  RawClient silent = timed.served.Connect();
  RawClient slow = timed.served.Connect();
  const std::string request = timed.served.Request("GET /healthz", "X: " + std::string(40, 'x') + "\r\n");
  for (std::size_t second = 0; second < 9; ++second) {
    REQUIRE(slow.Send(request.substr(second, 1)));
    timed.Advance(1s);
  }
  CHECK(IsOpen(silent));
  CHECK(IsOpen(slow));
  timed.Advance(1s);
  CHECK(silent.IsClosed());
  CHECK(slow.IsClosed());
}

TEST_CASE("the time of a request ends with its body") {
  Timed timed;
  RawClient slow = timed.served.Connect();
  REQUIRE(slow.Send(timed.served.Request("POST /echo", "Content-Length: 10\r\n") + "12345"));
  timed.Advance(9s);
  CHECK(IsOpen(slow));
  timed.Advance(1s);
  CHECK(slow.IsClosed());
}

TEST_CASE("a connection that is kept open has 10 s again from the first byte of its next request") {
  Timed timed;
  RawClient kept = timed.served.Connect();
  REQUIRE(kept.Send(timed.served.Request("GET /healthz")));
  REQUIRE(kept.ReadAnswer());
  timed.Advance(60s);
  REQUIRE(kept.Send("GET /"));
  timed.Advance(9s);
  CHECK(IsOpen(kept));
  timed.Advance(1s);
  CHECK(kept.IsClosed());
}

TEST_CASE("a client that does not take its answer in 30 s is cut off") {
  Timed timed;
  RawClient slow = timed.served.Connect();
  REQUIRE(slow.Send(timed.served.Request("GET /large")));
  timed.Advance(29s);
  CHECK(IsOpen(slow));
  timed.Advance(1s);
  CHECK(slow.ReadToEnd().size() < 20'000'000);
}

TEST_CASE("a body of 4 KiB is read, and a larger one refused") {
  Posts posts;
  RawClient client = posts.served.Connect();
  CHECK(posts.Post(client, "Content-Length: 4096\r\n", std::string(4096, 'b'))->body == std::string(4096, 'b'));
  const auto refused = posts.Post(client, "Content-Length: 4097\r\n", std::string(4097, 'b'));
  REQUIRE(refused);
  CHECK(refused->status == 413);
  CHECK(refused->Header("content-type") == "application/json");
  CHECK(posts.Post(client, "Content-Length: 2\r\n", "ok")->body == "ok");
}

TEST_CASE("a body in chunks has the same limit") {
  Posts posts;
  RawClient client = posts.served.Connect();
  CHECK(posts.Post(client, "Transfer-Encoding: chunked\r\n", Chunks(4, 1024))->body.size() == 4096);
  CHECK(posts.Post(client, "Transfer-Encoding: chunked\r\n", Chunks(5, 1024))->status == 413);
  CHECK(posts.Post(client, "Content-Length: 2\r\n", "ok")->body == "ok");
}

TEST_CASE("a body that is far too large is refused before it is sent") {
  Posts posts;
  RawClient client = posts.served.Connect();
  const auto refused = posts.Post(client, "Content-Length: 1000000000\r\n", "");
  REQUIRE(refused);
  CHECK(refused->status == 413);
  CHECK(client.IsClosed());
}

TEST_CASE("chunks without end are not read for ever") {
  Posts posts;
  RawClient client = posts.served.Connect();
  REQUIRE(
      client.Send(posts.served.Request("POST /echo", "Authorization: Bearer T0ken\r\nTransfer-Encoding: chunked\r\n")));
  std::size_t sent = 0;
  while (sent < 100'000'000 && client.Send("400\r\n" + std::string(1024, 'c') + "\r\n")) sent += 1024;
  CHECK(sent < 100'000'000);
}

TEST_CASE("a client that has ended its side after the request gets its answer") {
  const Served served;
  RawClient client = served.Connect();
  REQUIRE(client.Send(served.Request("GET /metrics")));
  client.EndSending();
  const auto answer = client.ReadAnswer();
  REQUIRE(answer);
  CHECK(answer->body.size() == 100'000);
  CHECK(client.IsClosed());
}

TEST_CASE("a client that has ended its side after several requests gets all answers") {
  const Served served;
  RawClient client = served.Connect();
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += served.Request(i % 2 == 0 ? "GET /metrics" : "GET /healthz");
  REQUIRE(client.Send(requests));
  client.EndSending();
  for (int i = 0; i < 50; ++i) CHECK(client.ReadAnswer()->body.size() == (i % 2 == 0 ? 100'000 : 3));
  CHECK(client.IsClosed());
}

TEST_CASE("a client that ends in the middle of a request is done with") {
  const Served served;
  RawClient client = served.Connect();
  REQUIRE(client.Send("GET /heal"));
  client.EndSending();
  CHECK(client.IsClosed());
}

TEST_CASE("a client that goes away in the middle of an answer costs nothing") {
  const Served served;
  for (int i = 0; i < 20; ++i) {
    RawClient client = served.Connect();
    REQUIRE(client.Send(served.Request("GET /large") + served.Request("GET /parts")));
  }
  RawClient client = served.Connect();
  REQUIRE(client.Send(served.Request("GET /healthz")));
  CHECK(client.ReadAnswer()->body == "ok\n");
}

TEST_CASE("connections that wait for something take no time of the processor") {
  const Served served;
  std::vector<RawClient> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(served.Connect());
  REQUIRE(clients[1].Send("GET /heal"));
  REQUIRE(clients[2].Send(served.Request("POST /echo", "Content-Length: 10\r\n") + "123"));
  REQUIRE(clients[3].Send(served.Request("GET /large")));
  REQUIRE(clients[4].Send(served.Request("GET /healthz")));
  REQUIRE(clients[4].ReadAnswer());
  const auto before = CpuTime();
  std::this_thread::sleep_for(300ms);
  CHECK(CpuTime() - before < 30ms);
}

}  // namespace vmtelem
