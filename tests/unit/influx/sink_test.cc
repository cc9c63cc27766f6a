#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "fakes/null_logger.h"
#include "fakes/scripted_server.h"
#include "influx/influx_sink.h"
#include "leaping_clock.h"
#include "sink_world.h"

namespace vmtelem {
namespace {

// A file that is gone when the test is over.
class TemporaryFile {
 public:
  TemporaryFile() {
    char name[] = "/tmp/vmtelem-test-XXXXXX";
    const int file = ::mkstemp(name);
    if (file >= 0) ::close(file);
    path_ = name;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void Write(const std::string& text) const { std::ofstream(path_, std::ios::trunc) << text; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST_CASE("a batch is stored by a server that says 204") {
  ScriptedServer server(Answer(204));
  SinkWorld world(TargetAt(server.url()));
  CHECK(world.Send().action == Action::kAck);
}

bool AnsweredSlowly(Nanoseconds server_time, Nanoseconds timeout) {
  LeapingClock clock;
  ScriptedServer server([&](const httplib::Request&, httplib::Response& response) {
    clock.leapt_ns += server_time.count();
    response.status = 204;
  });
  InfluxTarget target = TargetAt(server.url());
  target.timeout = timeout;
  const auto sink = MakeInfluxSink(target, clock, MakeNullLogger());
  REQUIRE(sink);
  (*sink)->Start(1, ThreeLines());
  std::vector<Completion> completed;
  while (completed.empty()) completed = (*sink)->Wait(std::chrono::minutes(1));
  CHECK(completed[0].verdict.action == Action::kAck);
  return completed[0].verdict.slow;
}

TEST_CASE("a request that took more than half of the time-out is stored, and slow") {
  using std::chrono::seconds;
  CHECK_FALSE(AnsweredSlowly(seconds(10), seconds(60)));
  CHECK(AnsweredSlowly(seconds(40), seconds(60)));
}

TEST_CASE("the server inflates the batch from fewer bytes on the wire") {
  ScriptedServer server(Answer(204));
  SinkWorld world(TargetAt(server.url()));
  std::string lines;
  for (int i = 0; i < 500; ++i) lines += "m,i=" + std::to_string(i) + " v=1i 1\n";
  world.Send(std::make_shared<const Batch>(Lines{lines, 500, 1, 1}));
  const httplib::Request request = server.requests().at(0);
  CHECK(request.get_header_value("Content-Encoding") == "gzip");
  CHECK(request.body == lines);
  CHECK(std::stoul(request.get_header_value("Content-Length")) < lines.size() / 2);
}

TEST_CASE("without compression the batch goes out as it is") {
  ScriptedServer server(Answer(204));
  InfluxTarget target = TargetAt(server.url());
  target.gzip = false;
  SinkWorld world(target);
  world.Send();
  CHECK_FALSE(server.requests().at(0).has_header("Content-Encoding"));
  CHECK(server.requests().at(0).body == kLines);
}

TEST_CASE("each API is asked in its own way") {
  const struct {
    InfluxApi api;
    const char* target;
    std::string authorization;
  } rows[] = {
      {InfluxApi::kV3, "/base/api/v3/write_lp?db=vmstats&precision=nanosecond", "Bearer " + kToken},
      {InfluxApi::kV2, "/base/api/v2/write?bucket=vmstats&org=an%20org&precision=ns", "Token " + kToken},
      {InfluxApi::kV1, "/base/write?db=vmstats&precision=ns", "Basic d3JpdGVyOnMzY3IzdC0wMTIzNDU2Nzg5LXRva2Vu"},
  };
  for (const auto& row : rows) {
    ScriptedServer server(Answer(204));
    SinkWorld world(TargetAt(server.url() + "/base/", row.api));
    world.Send();
    const httplib::Request request = server.requests().at(0);
    CHECK(request.method == "POST");
    CHECK(request.target == row.target);
    CHECK(request.get_header_value("Authorization") == row.authorization);
    CHECK(request.get_header_value("Content-Type") == "text/plain; charset=utf-8");
    CHECK_FALSE(request.has_header("Expect"));
  }
}

TEST_CASE("a body of several mebibytes is sent without asking first") {
  ScriptedServer server(Answer(204));
  InfluxTarget target = TargetAt(server.url());
  target.gzip = false;
  SinkWorld world(target);
  std::string lines;
  while (lines.size() < std::size_t{3} << 20) lines += "m v=1i 1\n";
  CHECK(world.Send(std::make_shared<const Batch>(Lines{lines, 1, 1, 1})).action == Action::kAck);
  CHECK_FALSE(server.requests().at(0).has_header("Expect"));
  CHECK(server.requests().at(0).body == lines);
}

TEST_CASE("a connection is used again") {
  ScriptedServer server(Answer(204));
  SinkWorld world(TargetAt(server.url()));
  for (int i = 0; i < 3; ++i) {
    world.Send();
    world.EndReuseTrial();
  }
  const auto requests = server.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].remote_port == requests[2].remote_port);
}

TEST_CASE("several requests are out at once and each has its outcome") {
  ScriptedServer server([](const httplib::Request& request, httplib::Response& response) {
    response.status = request.body.find("bad") == std::string::npos ? 204 : 503;
  });
  SinkWorld world(TargetAt(server.url()));
  for (TransferId id = 1; id <= 6; ++id) {
    const std::string line = id % 2 == 0 ? "bad v=1i 1\n" : "good v=1i 1\n";
    world.sink->Start(id, std::make_shared<const Batch>(Lines{line, 1, 1, 1}));
  }
  std::vector<Action> actions(7, Action::kHold);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (int seen = 0; seen < 6 && std::chrono::steady_clock::now() < until;) {
    for (const Completion& completion : world.sink->Wait(std::chrono::seconds(1))) {
      actions.at(completion.id) = completion.verdict.action;
      ++seen;
    }
  }
  for (TransferId id = 1; id <= 6; ++id) CHECK(actions[id] == (id % 2 == 0 ? Action::kRetry : Action::kAck));
}

TEST_CASE("the lines that a server names come back as indices") {
  ScriptedServer server(Answer(400, R"({"error":"partial write of line protocol occurred","data":)"
                                    R"([{"error_message":"No fields","line_number":2}]})"));
  SinkWorld world(TargetAt(server.url()));
  const Verdict verdict = world.Send();
  CHECK(verdict.action == Action::kAckPartly);
  CHECK(verdict.lines == std::vector<std::size_t>{1});
}

TEST_CASE("a server that takes no gzip gets the same batch and all later ones without it") {
  ScriptedServer server([](const httplib::Request& request, httplib::Response& response) {
    response.status = request.has_header("Content-Encoding") ? 415 : 204;
  });
  SinkWorld world(TargetAt(server.url()));
  CHECK(world.Send().action == Action::kResend);
  CHECK(world.Send().action == Action::kAck);
  CHECK(world.Send().action == Action::kAck);
  CHECK(server.requests().size() == 3);
}

TEST_CASE("after a refusal the token is read again from its file before the next attempt") {
  const TemporaryFile file;
  file.Write("wrong-token-0123456789\n");
  ScriptedServer server([](const httplib::Request& request, httplib::Response& response) {
    response.status = request.get_header_value("Authorization") == "Bearer " + kToken ? 204 : 401;
  });
  InfluxTarget target = TargetAt(server.url());
  target.token = Secret("wrong-token-0123456789");
  target.token_file = file.path();
  SinkWorld world(target);
  const Verdict refused = world.Send();
  CHECK(refused.action == Action::kHold);
  CHECK(refused.cause == ErrorCode::kDenied);
  CHECK(world.Send().action == Action::kHold);
  file.Write(kToken + "\n");
  CHECK(world.Send().action == Action::kAck);
  CHECK(world.told().find(kToken) == std::string::npos);
}

TEST_CASE("a token is also read again where its refusal looks like a missing database") {
  const TemporaryFile file;
  file.Write(kToken + "\n");
  ScriptedServer server([](const httplib::Request& request, httplib::Response& response) {
    response.status = request.get_header_value("Authorization") == "Bearer " + kToken ? 204 : 404;
  });
  InfluxTarget target = TargetAt(server.url());
  target.token = Secret("wrong-token-0123456789");
  target.token_file = file.path();
  SinkWorld world(target);
  CHECK(world.Send().action == Action::kRefuse);
  CHECK(world.Send().action == Action::kAck);
}

TEST_CASE("a token file that has gone leaves the token as it was and is logged once") {
  ScriptedServer server(Answer(401));
  InfluxTarget target = TargetAt(server.url());
  target.token_file = "/nonexistent/token";
  SinkWorld world(target);
  for (int i = 0; i < 4; ++i) world.Send();
  CHECK(server.requests().back().get_header_value("Authorization") == "Bearer " + kToken);
  const std::string log = world.logged();
  CHECK(log.find("/nonexistent/token") != std::string::npos);
  CHECK(log.find("/nonexistent/token") == log.rfind("/nonexistent/token"));
}

// The thread waits for something; or the deadline has passed.
void AwaitSleep(pid_t thread) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (std::chrono::steady_clock::now() < until) {
    std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
    const std::string stat{std::istreambuf_iterator<char>(file), {}};
    if (stat.find(") S ") != std::string::npos) return;
    std::this_thread::yield();
  }
}

TEST_CASE("a wait that has begun ends when it is woken from another thread") {
  ScriptedServer server(Answer(204));
  SinkWorld world(TargetAt(server.url()));
  std::thread waker([&, waiting = ::gettid()] {
    AwaitSleep(waiting);
    world.sink->Wake();
  });
  const auto begin = std::chrono::steady_clock::now();
  CHECK(world.sink->Wait(std::chrono::seconds(8)).empty());
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(7));
  waker.join();
}

TEST_CASE("a wake-up before the wait ends that wait") {
  ScriptedServer server(Answer(204));
  SinkWorld world(TargetAt(server.url()));
  world.sink->Wake();
  const auto begin = std::chrono::steady_clock::now();
  world.sink->Wait(std::chrono::seconds(60));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
}

TEST_CASE("a wait with nothing to wait for lasts for its time-out") {
  ScriptedServer server(Answer(204));
  SinkWorld world(TargetAt(server.url()));
  const auto begin = std::chrono::steady_clock::now();
  CHECK(world.sink->Wait(std::chrono::milliseconds(50)).empty());
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(50));
}

TEST_CASE("a URL that cannot be used is refused at once") {
  SystemClock clock;
  const auto made = MakeInfluxSink(TargetAt("ftp://db"), clock, MakeNullLogger());
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ErrorCode::kInvalid);
}

TEST_CASE("the libraries in use are known") { CHECK(CurlVersion().find("libcurl/") == 0); }

}  // namespace
}  // namespace vmtelem
