#include <atomic>
#include <set>

#include <catch2/catch.hpp>

#include "fakes/eventually.h"
#include "fakes/scripted_server.h"
#include "raw_server.h"
#include "sink_world.h"

namespace vmtelem {
namespace {

const std::string kStored = "HTTP/1.1 204 No Content\r\n\r\n";
const std::string kStoredInChunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
const std::string kStoredWithBody = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// A database that counts the batches that it stores, and on each connection does as the test says: with the batch that
// it has just read, and with whatever comes after.
class Database {
 public:
  using Behave = std::function<void(Database&, int connection)>;
  explicit Database(Behave behave)
      : server_([this, behave = std::move(behave)](int connection) { behave(*this, connection); }) {}

  void Store(int connection) {
    if (!RawServer::ReadBody(connection).empty()) ++stored_;
  }
  [[nodiscard]] int stored() const { return stored_; }
  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] int connections() const { return server_.connections(); }

 private:
  std::atomic<int> stored_{0};
  RawServer server_;
};

// Stores each batch of a connection and answers it once.
void BeHonest(Database& database, int connection) {
  char byte = 0;
  while (::recv(connection, &byte, 1, MSG_PEEK) == 1) {
    database.Store(connection);
    RawServer::Write(connection, kStored);
  }
}

TEST_CASE("a connection on which nothing came for a while after it served is used again") {
  Database database(BeHonest);
  SinkWorld world(TargetAt(database.url()));
  for (int i = 0; i < 3; ++i) {
    CHECK(world.Send().action == Action::kAck);
    world.EndReuseTrial();
  }
  CHECK(database.stored() == 3);
  CHECK(database.connections() == 1);
}

TEST_CASE("until a server has kept silent for a while each request has a connection of its own") {
  ScriptedServer server(Answer(204));
  SinkWorld world(TargetAt(server.url()));
  for (int i = 0; i < 4; ++i) world.Send();
  std::set<int> ports;
  for (const httplib::Request& request : server.requests()) ports.insert(request.remote_port);
  CHECK(ports.size() == 4);
}

TEST_CASE("a second answer that comes while a trusted connection is idle acknowledges nothing") {
  std::atomic<bool> acknowledged{false}, answered_again{false};
  Database database([&](Database& self, int connection) {
    self.Store(connection);
    RawServer::Write(connection, kStored);
    if (self.connections() > 1) return;
    self.Store(connection);
    RawServer::Write(connection, kStored);
    Eventually([&] { return acknowledged.load(); });
    RawServer::Write(connection, kStored);
    answered_again = true;
  });
  SinkWorld world(TargetAt(database.url()));
  CHECK(world.Send().action == Action::kAck);
  world.EndReuseTrial();
  CHECK(world.Send().action == Action::kAck);
  REQUIRE(database.connections() == 1);
  acknowledged = true;
  REQUIRE(Eventually([&] { return answered_again.load(); }));
  for (int sent = 3; sent <= 5; ++sent) {
    CHECK(world.Send().action == Action::kAck);
    CHECK(database.stored() == sent);
  }
  CHECK(database.connections() == 4);
  CHECK(world.logged().find("answers what nobody asked") != std::string::npos);
}

// With TLS a server that has waited long enough for a request says so before it ends the connection.
TEST_CASE("the record that ends an idle TLS connection is no answer, and no reason to trust the server less") {
  std::atomic<bool> acknowledged{false}, ended{false};
  Database database([&](Database& self, int connection) {
    if (self.connections() != 1) return BeHonest(self, connection);
    self.Store(connection);
    RawServer::Write(connection, kStored);
    self.Store(connection);
    RawServer::Write(connection, kStored);
    Eventually([&] { return acknowledged.load(); });
    RawServer::Write(connection, "\x15\x03\x03");
    ::shutdown(connection, SHUT_WR);
    ended = true;
    RawServer::AwaitEnd(connection);
  });
  SinkWorld world(TargetAt(database.url()));
  CHECK(world.Send().action == Action::kAck);
  world.EndReuseTrial();
  CHECK(world.Send().action == Action::kAck);
  acknowledged = true;
  REQUIRE(Eventually([&] { return ended.load(); }));
  for (int sent = 3; sent <= 5; ++sent) {
    CHECK(world.Send().action == Action::kAck);
    CHECK(database.stored() == sent);
  }
  CHECK(database.connections() == 3);  // the ended one, one for the request that met its end, one for all others
  CHECK(world.logged().empty());
}

TEST_CASE("a second answer within the trial keeps connections from being used again") {
  std::atomic<bool> acknowledged{false}, answered_again{false};
  Database database([&](Database& self, int connection) {
    self.Store(connection);
    RawServer::Write(connection, kStored);
    Eventually([&] { return acknowledged.load(); });
    RawServer::Write(connection, kStored);
    answered_again = true;
  });
  SinkWorld world(TargetAt(database.url()));
  world.Send();
  acknowledged = true;
  REQUIRE(Eventually([&] { return answered_again.load(); }));
  world.EndReuseTrial();
  for (int sent = 2; sent <= 4; ++sent) {
    CHECK(world.Send().action == Action::kAck);
    CHECK(database.stored() == sent);
  }
  CHECK(world.logged().find("answers what nobody asked") != std::string::npos);
}

TEST_CASE("two answers in one piece are one, and their connection is not used again") {
  for (const std::string& answer : {kStored, kStoredInChunks, kStoredWithBody}) {
    CAPTURE(answer);
    Database database([&](Database& self, int connection) {
      self.Store(connection);
      RawServer::Write(connection, answer + answer);
      RawServer::AwaitEnd(connection);
    });
    SinkWorld world(TargetAt(database.url()));
    for (int sent = 1; sent <= 3; ++sent) {
      CHECK(world.Send().action == Action::kAck);
      CHECK(database.stored() == sent);
      world.EndReuseTrial();
    }
  }
}

// More than the buffers of both ends hold.
std::shared_ptr<const Batch> LargeBatch() {
  return std::make_shared<const Batch>(Lines{"m v=\"" + std::string(64 << 20, 'x') + "\" 1\n", 1, 1, 1});
}

TEST_CASE("an answer that says stored before the server has all lines is not believed") {
  Database database([](Database&, int connection) {
    RawServer::ReadUntil(connection, "\r\n\r\n");
    RawServer::Write(connection, kStored);
    RawServer::AwaitEnd(connection);
  });
  InfluxTarget target = TargetAt(database.url());
  target.gzip = false;
  SinkWorld world(target);
  const Verdict verdict = world.Send(LargeBatch());
  CHECK(verdict.action == Action::kRetry);
  CHECK(verdict.reason.find("which it does not have yet") != std::string::npos);
}

TEST_CASE("a large batch that is answered when the server has it is stored") {
  Database database(BeHonest);
  InfluxTarget target = TargetAt(database.url());
  target.gzip = false;
  SinkWorld world(target);
  CHECK(world.Send(LargeBatch()).action == Action::kAck);
}

}  // namespace
}  // namespace vmtelem
