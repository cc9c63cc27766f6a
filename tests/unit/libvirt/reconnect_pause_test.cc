#include "libvirt/reconnect_pause.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

constexpr SteadyTime kStart{std::chrono::hours(1)};

ReconnectPause LongestPauses() {
  return {ReconnectPause::kRemoteCap, [] { return 1.0; }};
}

TEST_CASE("the first attempt to connect need not wait") { CHECK(LongestPauses().MayTry(SteadyTime{})); }

TEST_CASE("the second attempt to connect need not wait either") {
  ReconnectPause pause = LongestPauses();
  pause.NoteFailure(kStart);
  CHECK(pause.MayTry(kStart));
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
  CHECK_FALSE(pause.MayTry(kStart + ReconnectPause::kRemoteCap - Nanoseconds(1)));
  CHECK(pause.MayTry(kStart + ReconnectPause::kRemoteCap));
}

TEST_CASE("a daemon of this host that stays away is tried at least every second") {
  ReconnectPause pause(ReconnectPause::kLocalCap, [] { return 1.0; });
  for (int i = 0; i < 20; ++i) pause.NoteFailure(kStart);
  CHECK(pause.MayTry(kStart + std::chrono::seconds(1)));
}

TEST_CASE("after a success the next loss is answered at once and pauses begin anew") {
  ReconnectPause pause = LongestPauses();
  for (int i = 0; i < 9; ++i) pause.NoteFailure(kStart);
  pause.NoteSuccess();
  CHECK(pause.MayTry(kStart));
  pause.NoteFailure(kStart);
  CHECK(pause.MayTry(kStart + Backoff::kBase));
}

}  // namespace
}  // namespace vmtelem
