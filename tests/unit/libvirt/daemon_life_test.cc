#include "libvirt/daemon_life.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

SteadyTime At(int seconds) { return SteadyTime(std::chrono::hours(1) + std::chrono::seconds(seconds)); }

// A connection that was open at 1 was answered in the first cycle.
struct KnownFixture {
  DaemonLife life;

  KnownFixture() {
    life.NoteAnswer(At(1), At(2), At(3));
    REQUIRE_FALSE(life.AnotherSinceLastCycle().has_value());
  }
};

TEST_CASE("nothing is heard of a daemon that has not answered") {
  const DaemonLife life;
  CHECK_FALSE(life.HeardSince(At(0)));
  CHECK_FALSE(life.AnsweredSince(At(0)));
  CHECK_FALSE(life.FirstOpenedAfter(At(0)).has_value());
}

TEST_CASE_METHOD(KnownFixture, "an answer is heard of since any moment before it") {
  CHECK(life.HeardSince(At(3)));
  CHECK_FALSE(life.HeardSince(At(4)));
}

TEST_CASE_METHOD(KnownFixture, "an answer to a call that was made before a moment says nothing about later calls") {
  CHECK(life.AnsweredSince(At(2)));
  life.NoteAnswer(At(1), At(4), At(9));
  CHECK(life.AnsweredSince(At(4)));
  CHECK_FALSE(life.AnsweredSince(At(5)));
}

TEST_CASE_METHOD(KnownFixture, "a connection that was made later says nothing about older ones") {
  life.NoteAnswer(At(6), At(7), At(8));
  CHECK_FALSE(life.AnsweredSince(At(5)));
  CHECK(life.AnsweredSince(At(6)));
  CHECK(life.FirstOpenedAfter(At(5)) == At(6));
}

TEST_CASE_METHOD(KnownFixture,
                 "as long as no connection has ended the daemon is the same, whichever connections are answered") {
  life.NoteAnswer(At(6), At(7), At(8));
  CHECK_FALSE(life.AnotherSinceLastCycle().has_value());
}

TEST_CASE_METHOD(KnownFixture,
                 "when a connection has ended, an older one that is answered shows the daemon is the same") {
  life.NoteEnded(At(5));
  life.NoteAnswer(At(6), At(7), At(8));
  life.NoteAnswer(At(1), At(7), At(9));
  CHECK_FALSE(life.AnotherSinceLastCycle().has_value());
}

TEST_CASE_METHOD(KnownFixture,
                 "when a connection has ended and later ones alone are answered, the daemon may be another") {
  life.NoteEnded(At(5));
  life.NoteAnswer(At(6), At(7), At(8));
  CHECK(life.AnotherSinceLastCycle() == At(3));
  CHECK_FALSE(life.AnotherSinceLastCycle().has_value());
}

// Its own connection may have ended a moment later.
TEST_CASE_METHOD(KnownFixture, "an older connection that was answered before another one ended shows nothing yet") {
  life.NoteAnswer(At(1), At(4), At(5));
  life.NoteEnded(At(6));
  life.NoteAnswer(At(7), At(8), At(9));
  CHECK_FALSE(life.AnotherSinceLastCycle().has_value());
  SECTION("until it is answered again") {
    life.NoteAnswer(At(1), At(10), At(11));
    CHECK_FALSE(life.AnotherSinceLastCycle().has_value());
    CHECK_FALSE(life.one_has_ended());
  }
}

TEST_CASE_METHOD(KnownFixture,
                 "a connection on which nothing was asked but to be opened is not yet one that is answered") {
  life.NoteAnswer(At(6), At(5), At(6));
  CHECK_FALSE(life.FirstOpenedAfter(At(5)).has_value());
}

TEST_CASE_METHOD(KnownFixture, "whether a daemon is another is not decided before anything is answered") {
  life.NoteEnded(At(5));
  CHECK_FALSE(life.AnotherSinceLastCycle().has_value());
  CHECK(life.one_has_ended());
  life.NoteAnswer(At(6), At(7), At(8));
  CHECK(life.AnotherSinceLastCycle().has_value());
}

TEST_CASE_METHOD(KnownFixture, "the memory of connections does not grow without end") {
  for (int i = 10; i < 1'000; ++i) life.NoteAnswer(At(i), At(i + 1), At(i + 1));
  CHECK(life.FirstOpenedAfter(At(0)) > At(900));
  CHECK(life.HeardSince(At(999)));
}

}  // namespace
}  // namespace vmtelem
