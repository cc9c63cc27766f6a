#include "spool/spool_share.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

TEST_CASE("a target fills what others do not") {
  CHECK(OwnMaxBytes(1000, {}) == 1000);
  CHECK(OwnMaxBytes(1000, {{.held_bytes = 300}}) == 700);
  CHECK(OwnRoomBytes(1000, {{.held_bytes = 300}}) == 700);
}

TEST_CASE("what others hold costs nobody the fair share, but it is not filled while they hold more than theirs") {
  CHECK(OwnMaxBytes(900, {{.held_bytes = 100}, {.held_bytes = 800}}) == 300);
  CHECK(OwnRoomBytes(900, {{.held_bytes = 100}, {.held_bytes = 700}}) == 100);
  CHECK(OwnRoomBytes(900, {{.held_bytes = 100}, {.held_bytes = 900}}) == 0);
}

TEST_CASE("what waits where nobody makes room leaves less to share") {
  const OtherShare dead{.held_bytes = 800, .is_alive = false};
  CHECK(OwnMaxBytes(1000, {dead}) == 200);
  CHECK(OwnMaxBytes(1000, {dead, {.held_bytes = 150}}) == 100);
  CHECK(OwnRoomBytes(1000, {dead, {.held_bytes = 150}}) == 50);
}

TEST_CASE("a claim is made room for, up to the fair share of who makes it") {
  CHECK(OwnMaxBytes(1000, {{.held_bytes = 100, .claimed_bytes = 300}}) == 700);
  CHECK(OwnMaxBytes(1000, {{.held_bytes = 100, .claimed_bytes = 900}}) == 500);
}

TEST_CASE("a claim takes nothing from a fair share") {
  CHECK(OwnMaxBytes(900, {{.held_bytes = 300, .claimed_bytes = 300}, {.held_bytes = 100, .claimed_bytes = 300}}) ==
        300);
}

TEST_CASE("a target that holds nothing and claims nothing has no part in the shares") {
  CHECK(OwnMaxBytes(1000, {{}, {.held_bytes = 100, .claimed_bytes = 900}}) == 500);
}

TEST_CASE("who finds no room below the fair share claims a part of it, in steps") {
  CHECK(ClaimOf(1600, 0, 0, {{.held_bytes = 1600}}) == 100);
  CHECK(ClaimOf(1600, 700, 0, {{.held_bytes = 900}}) == 800);
  CHECK(ClaimOf(1600, 790, 0, {{.held_bytes = 810}}) == 800);
}

TEST_CASE("who finds no room for a large batch claims as much, up to the fair share") {
  CHECK(ClaimOf(1600, 100, 300, {{.held_bytes = 1300}}) == 400);
  CHECK(ClaimOf(1600, 700, 300, {{.held_bytes = 800}}) == 800);
  CHECK(ClaimOf(1600, 100, 300, {{.held_bytes = 1100}}) == 0);
}

TEST_CASE("what waits where nobody makes room lessens no claim to what the others share") {
  CHECK(ClaimOf(300, 100, 10, {{.held_bytes = 3, .is_alive = false}, {.held_bytes = 197}}) == 118);
}

TEST_CASE("who holds the fair share, or has room, or is alone, claims nothing") {
  CHECK(ClaimOf(1600, 800, 0, {{.held_bytes = 800}}) == 0);
  CHECK(ClaimOf(1600, 100, 0, {{.held_bytes = 1400}}) == 0);
  CHECK(ClaimOf(1600, 1600, 0, {}) == 0);
}

}  // namespace
}  // namespace vmtelem
