#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>

#include "fakes/scripted_server.h"
#include "sink_world.h"

namespace vmtelem {
namespace {

// Two certificates for 127.0.0.1, each its own authority.
class Certificates {
 public:
  Certificates() {
    char name[] = "/tmp/vmtelem-tls-XXXXXX";
    directory_ = ::mkdtemp(name);
    made_ = Make("one") && Make("other");
    if (!made_) WARN("skipped: openssl cannot make certificates here");
  }
  ~Certificates() { std::filesystem::remove_all(directory_); }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  [[nodiscard]] bool made() const { return made_; }
  [[nodiscard]] std::string Certificate(const std::string& name) const { return directory_ + "/" + name + ".pem"; }
  [[nodiscard]] std::string Key(const std::string& name) const { return directory_ + "/" + name + ".key"; }

 private:
  [[nodiscard]] bool Make(const std::string& name) const {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=" + name +
        " -addext subjectAltName=IP:127.0.0.1 -keyout " + Key(name) + " -out " + Certificate(name) + " 2>/dev/null";
    return std::system(command.c_str()) == 0;  // NOLINT(cert-env33-c): a fixed command of a test
  }

  std::string directory_;
  bool made_ = false;
};

std::unique_ptr<httplib::Server> TlsServer(const Certificates& certificates, const std::string& name) {
  return std::make_unique<httplib::SSLServer>(certificates.Certificate(name).c_str(), certificates.Key(name).c_str());
}

InfluxTarget TlsTarget(const ScriptedServer& server, const std::string& ca_file, InfluxApi api = InfluxApi::kV3) {
  InfluxTarget target = TargetAt("https://127.0.0.1:" + std::to_string(server.port()), api);
  target.ca_file = ca_file;
  return target;
}

TEST_CASE("a server whose certificate the given authority signed gets the data") {
  const Certificates certificates;
  if (!certificates.made()) return;
  ScriptedServer server(Answer(204), TlsServer(certificates, "one"));
  SinkWorld world(TlsTarget(server, certificates.Certificate("one")));
  CHECK(world.Send().action == Action::kAck);
}

TEST_CASE("a server with another certificate gets no data, and the message names the cause") {
  const Certificates certificates;
  if (!certificates.made()) return;
  ScriptedServer server(Answer(204), TlsServer(certificates, "one"));
  for (const InfluxApi api : {InfluxApi::kV1, InfluxApi::kV2, InfluxApi::kV3}) {
    SinkWorld world(TlsTarget(server, certificates.Certificate("other"), api));
    const Verdict verdict = world.Send();
    CHECK(verdict.action == Action::kHold);
    CHECK(verdict.reason.find("certificate") != std::string::npos);
    CHECK(server.requests().empty());
  }
}

TEST_CASE("an authority that is put right in its file is used for the next attempt") {
  const Certificates certificates;
  if (!certificates.made()) return;
  ScriptedServer server(Answer(204), TlsServer(certificates, "one"));
  SinkWorld world(TlsTarget(server, certificates.Certificate("other")));
  CHECK(world.Send().action == Action::kHold);
  std::filesystem::copy_file(certificates.Certificate("one"), certificates.Certificate("other"),
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(world.Send().action == Action::kAck);
}

TEST_CASE("an authority that cannot be read is a fault of the settings") {
  const Certificates certificates;
  if (!certificates.made()) return;
  ScriptedServer server(Answer(204), TlsServer(certificates, "one"));
  SinkWorld world(TlsTarget(server, "/nonexistent/ca.pem"));
  const Verdict verdict = world.Send();
  CHECK(verdict.action == Action::kHold);
  CHECK(verdict.cause == ErrorCode::kInvalid);
}

TEST_CASE("a server that speaks no TLS is a reason to try again, and a fourth time to hold") {
  ScriptedServer server(Answer(204));
  SinkWorld world(TlsTarget(server, ""));
  for (int attempt = 1; attempt <= 3; ++attempt) CHECK(world.Send().action == Action::kRetry);
  CHECK(world.Send().action == Action::kHold);
}

}  // namespace
}  // namespace vmtelem
