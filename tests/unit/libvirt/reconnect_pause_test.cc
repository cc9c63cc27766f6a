#include "libvirt/reconnect_pause.h"

#include <set>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

constexpr SteadyTime kStart{std::chrono::hours(1)};

ReconnectPause LongestPauses(ReconnectPause::Bounds bounds = ReconnectPause::kRemote) {
  return {bounds, [] { return 1.0; }};
}

TEST_CASE("the first attempt to connect need not wait") { CHECK(LongestPauses().MayTry(SteadyTime{})); }

TEST_CASE("the second attempt to connect to a daemon of this host need not wait either") {
  ReconnectPause pause = LongestPauses(ReconnectPause::kLocal);
  pause.NoteFailure(kStart);
  CHECK(pause.MayTry(kStart));
}

TEST_CASE("a lost connection to a daemon of this host is made again at once") {
  ReconnectPause pause = LongestPauses(ReconnectPause::kLocal);
  pause.NoteLost(kStart);
  CHECK(pause.MayTry(kStart));
}

TEST_CASE("remote hosts that are lost at one moment are tried at moments within a second") {
  double random = 0;
  std::set<Nanoseconds> tried;
  for (; random < 1; random += 0.25) {
    ReconnectPause pause(ReconnectPause::kRemote, [&] { return random; });
    pause.NoteLost(kStart);
    Nanoseconds wait{};
    while (!pause.MayTry(kStart + wait)) wait += std::chrono::milliseconds(1);
    tried.insert(wait);
  }
  using std::chrono::milliseconds;
  CHECK(tried == std::set<Nanoseconds>{milliseconds(0), milliseconds(250), milliseconds(500), milliseconds(750)});
}

TEST_CASE("connections of a host that end one after the other delay its next attempt once") {
  ReconnectPause pause = LongestPauses();
  pause.NoteLost(kStart);
  pause.NoteLost(kStart + std::chrono::milliseconds(900));
  CHECK(pause.MayTry(kStart + ReconnectPause::kRemote.first));
}

TEST_CASE("a loss does not shorten the pause after failures") {
  ReconnectPause pause = LongestPauses();
  for (int i = 0; i < 9; ++i) pause.NoteFailure(kStart);
  pause.NoteLost(kStart);
  CHECK_FALSE(pause.MayTry(kStart + ReconnectPause::kRemote.cap - Nanoseconds(1)));
}

TEST_CASE("after two failures there is no attempt before the pause has passed") {
  ReconnectPause pause = LongestPauses();
  for (int i = 0; i < 2; ++i) pause.NoteFailure(kStart);
  CHECK_FALSE(pause.MayTry(kStart + Backoff::kBase - Nanoseconds(1)));
  CHECK(pause.MayTry(kStart + Backoff::kBase));
}

TEST_CASE("a daemon that stays away is tried at least every ten seconds") {
  ReconnectPause pause = LongestPauses();
  for (int i = 0; i < 20; ++i) pause.NoteFailure(kStart);
  CHECK_FALSE(pause.MayTry(kStart + ReconnectPause::kRemote.cap - Nanoseconds(1)));
  CHECK(pause.MayTry(kStart + ReconnectPause::kRemote.cap));
}

TEST_CASE("a daemon of this host that stays away is tried at least every second") {
  ReconnectPause pause = LongestPauses(ReconnectPause::kLocal);
  for (int i = 0; i < 20; ++i) pause.NoteFailure(kStart);
  CHECK(pause.MayTry(kStart + std::chrono::seconds(1)));
}

TEST_CASE("after a success pauses begin anew") {
  ReconnectPause pause = LongestPauses();
  for (int i = 0; i < 9; ++i) pause.NoteFailure(kStart);
  pause.NoteSuccess();
  CHECK(pause.MayTry(kStart));
  for (int i = 0; i < 2; ++i) pause.NoteFailure(kStart);
  CHECK(pause.MayTry(kStart + Backoff::kBase));
}

}  // namespace
}  // namespace vmtelem
