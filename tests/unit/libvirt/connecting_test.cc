#include <chrono>
#include <thread>

#include <catch2/catch.hpp>

#include "fakes/eventually.h"
#include "libvirt/reconnect_pause.h"
#include "source_fixture.h"

// How a source makes, loses and makes again its connection, and what it says about it.
namespace vmtelem {
namespace {

// Its pauses pass by a jump of the clock, of which a thread that is just ending knows nothing: to the source it may
// seem to have been closing its connection for seconds.
struct ConnectingFixture : SourceFixture {
  bool TriesAgain(Source& source, int opens) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
    while (std::chrono::steady_clock::now() < deadline && hooks.opens < opens) {
      CHECK_FALSE(source.Collect(snapshot).has_value());
      std::this_thread::yield();
    }
    return hooks.opens >= opens;
  }
};

TEST_CASE_METHOD(ConnectingFixture, "a hypervisor that never answered has a host all the same") {
  RefuseToOpen();
  const auto source = Make("qemu+tcp://node7/system");
  CHECK_FALSE(source->Collect(snapshot).has_value());
  CHECK(snapshot.host == "node7");
}

TEST_CASE_METHOD(ConnectingFixture, "an unreachable hypervisor is an error and an empty snapshot") {
  const auto source = Make(kNodeUri);
  REQUIRE(source->Collect(snapshot).has_value());
  LoseDaemon();
  const auto collected = source->Collect(snapshot);
  CHECK(collected.error().code == ErrorCode::kUnreachable);
  CHECK_FALSE(snapshot.up);
  CHECK(snapshot.domains.empty());
}

TEST_CASE_METHOD(ConnectingFixture, "after a failed attempt no other is made before its pause is over") {
  RefuseToOpen();
  const auto source = Make(kNodeUri);
  // The pause is random and may be next to nothing; that 20 in a row are is out of the question.
  int attempts = 0;
  for (int i = 0; i < 20; ++i) {
    CHECK(source->Collect(snapshot).error().code == ErrorCode::kUnreachable);
    attempts = hooks.opens;
  }
  CHECK(attempts < 20);
  clock.Advance(ReconnectPause::kLocal.cap);
  CHECK(TriesAgain(*source, attempts + 1));
}

TEST_CASE_METHOD(ConnectingFixture, "pauses begin anew after a success") {
  RefuseToOpen();
  hooks.open_as = kNodeUri;
  const auto source = Make("qemu+tcp://node7/system");
  for (int i = 0; i < 9; ++i) {
    CHECK_FALSE(source->Collect(snapshot).has_value());
    clock.Advance(ReconnectPause::kRemote.cap);
  }
  RestoreDaemon();
  REQUIRE(Eventually([&] { return source->Collect(snapshot).has_value(); }));
  LoseDaemon();
  RefuseToOpen();
  CHECK_FALSE(source->Collect(snapshot).has_value());
  CHECK_FALSE(source->Collect(snapshot).has_value());
  const int opens = hooks.opens;
  clock.Advance(ReconnectPause::kRemote.first);
  CHECK(TriesAgain(*source, opens + 1));
}

TEST_CASE_METHOD(ConnectingFixture, "a lost connection is made again, and every VM counts as started anew") {
  const auto source = Make(kNodeUri);
  REQUIRE(source->Collect(snapshot).has_value());
  const auto incarnation = IncarnationOf("web 01");
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(IncarnationOf("web 01") == incarnation);
  const int opens = hooks.opens;
  LoseDaemon();
  CHECK_FALSE(source->Collect(snapshot).has_value());
  RestoreDaemon();
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(hooks.opens > opens);
  CHECK(IncarnationOf("web 01") != incarnation);
}

TEST_CASE_METHOD(ConnectingFixture,
                 "the first connection is told, and what happens later is left to the caller to tell") {
  const auto source = Make(kNodeUri);
  for (int i = 0; i < 3; ++i) REQUIRE(source->Collect(snapshot).has_value());
  CHECK(LogLines() == 1);
  CHECK(log_text.str().find("<7>connected to") != std::string::npos);
  LoseDaemon();
  RefuseToOpen();
  for (int i = 0; i < 3; ++i) CHECK_FALSE(source->Collect(snapshot).has_value());
  RestoreDaemon();
  clock.Advance(ReconnectPause::kLocal.cap);
  REQUIRE(Eventually([&] { return source->Collect(snapshot).has_value(); }));
  for (int i = 0; i < 3; ++i) REQUIRE(source->Collect(snapshot).has_value());
  CHECK(LogLines() == 1);
}

TEST_CASE_METHOD(ConnectingFixture, "a hypervisor that was never there is no warning beside the caller's error") {
  RefuseToOpen();
  const auto source = Make(kNodeUri);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(source->Collect(snapshot).has_value());
  CHECK(LogLines() == 0);
}

TEST_CASE_METHOD(ConnectingFixture, "the password of a URI is in no error and no log line") {
  const std::string uri = "qemu+libssh://u:geheim@node7/system";
  RefuseToOpen(VIR_ERR_NO_CONNECT, "no driver for " + uri);
  const auto source = Make(uri);
  const auto error = source->Collect(snapshot).error();
  CHECK(error.message.find("geheim") == std::string::npos);
  CHECK(error.hint.find("geheim") == std::string::npos);
  CHECK(log_text.str().find("geheim") == std::string::npos);
  CHECK(error.message.find("://***@node7") != std::string::npos);
}

TEST_CASE_METHOD(ConnectingFixture, "the password of a URI is in no problem of a VM") {
  hooks.type = "QEMU";
  hooks.bulk = [](const auto&) -> LibvirtHooks::BulkAnswer {
    LibvirtHooks::FailWith(VIR_ERR_INTERNAL_ERROR, VIR_FROM_QEMU, "refused with geheim");
    return std::nullopt;
  };
  const auto source = Make(kNodeUri + "?password=geheim");
  REQUIRE(source->Collect(snapshot).has_value());
  REQUIRE(snapshot.problems.size() == 3);
  for (const auto& problem : snapshot.problems) CHECK(problem.message.find("refused with ***") != std::string::npos);
}

TEST_CASE_METHOD(ConnectingFixture, "a host name that was reported stays when a later connection does not report it") {
  hooks.host_name = [] { return std::string("reported"); };
  const auto source = Make("test:///default");
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(snapshot.host == "reported");
  const int opens = hooks.opens;
  hooks.host_name = [] { return std::string(""); };
  LoseDaemon();
  CHECK_FALSE(source->Collect(snapshot).has_value());
  RestoreDaemon();
  CHECK(Eventually([&] { return source->Collect(snapshot).has_value() && hooks.opens > opens; }));
  CHECK(snapshot.host == "reported");
}

TEST_CASE_METHOD(ConnectingFixture, "a connection that is found dead when VMs are listed is made again") {
  const auto source = Make(kNodeUri);
  REQUIRE(source->List(ListScope::kActive).has_value());
  hooks.alive = false;
  hooks.refuse_list = true;
  CHECK(source->List(ListScope::kActive).error().code == ErrorCode::kUnreachable);
  RestoreDaemon();
  hooks.refuse_list = false;
  CHECK(source->List(ListScope::kActive).has_value());
  CHECK(hooks.opens == 2);
}

TEST_CASE_METHOD(ConnectingFixture, "a list that fails on a living connection leaves the connection open") {
  const auto source = Make(kNodeUri);
  hooks.refuse_list = true;
  CHECK(source->List(ListScope::kActive).error().code == ErrorCode::kInternal);
  hooks.refuse_list = false;
  CHECK(source->List(ListScope::kActive).has_value());
  CHECK(hooks.opens == 1);
}

TEST_CASE_METHOD(ConnectingFixture, "the connection is read-only and asks nobody for credentials") {
  const auto source = Make("qemu+ssh://node7/system");
  std::string uri;
  unsigned flags = 0;
  int answer = 0;
  hooks.on_open = [&](const char* name, virConnectAuthPtr auth, unsigned open_flags) {
    uri = name;
    flags = open_flags;
    answer = auth->cb == nullptr ? 0 : auth->cb(nullptr, 0, auth->cbdata);
  };
  RefuseToOpen();
  CHECK_FALSE(source->Collect(snapshot).has_value());
  CHECK(uri == "qemu+ssh://node7/system?no_tty=1");
  CHECK(flags == VIR_CONNECT_RO);
  CHECK(answer == -1);
}

}  // namespace
}  // namespace vmtelem
