#include "http/connection_table.h"

#include <catch2/catch.hpp>

#include "fakes/fake_clock.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

// A table of three places with a clock that the test moves.
struct Table {
  FakeClock clock;
  ConnectionTable places{3, clock};

  std::vector<int> OverdueAfter(Nanoseconds time) {
    clock.Advance(time);
    return places.TakeOverdue();
  }
};

}  // namespace

TEST_CASE("a connection that sends nothing is overdue 10 s after its start") {
  Table table;
  table.places.Open(7);
  CHECK(table.OverdueAfter(9'999ms).empty());
  CHECK(table.OverdueAfter(1ms) == std::vector{7});
}

TEST_CASE("the time of the first request runs from the start of the connection") {
  Table table;
  table.places.Open(7);
  table.clock.Advance(9s);
  table.places.NoteReceiving(7);
  CHECK(table.OverdueAfter(1s) == std::vector{7});
}

TEST_CASE("bytes that keep coming do not lengthen the time of a request") {
  Table table;
  table.places.Open(7);
  for (int second = 0; second < 10; ++second) {
    CHECK(table.places.TakeOverdue().empty());
    table.places.NoteReceiving(7);
    table.clock.Advance(1s);
  }
  CHECK(table.places.TakeOverdue() == std::vector{7});
}

TEST_CASE("an answer has 30 s from the end of its request") {
  Table table;
  table.places.Open(7);
  table.clock.Advance(9s);
  table.places.NoteAnswering(7);
  CHECK(table.OverdueAfter(29'999ms).empty());
  table.places.NoteReceiving(7);  // more requests change nothing
  CHECK(table.OverdueAfter(1ms) == std::vector{7});
}

TEST_CASE("a later request has 10 s from its first byte") {
  Table table;
  table.places.Open(7);
  table.places.NoteAnswering(7);
  table.places.NoteAnswered(7);
  CHECK(table.OverdueAfter(2min).empty());
  table.places.NoteReceiving(7);
  CHECK(table.OverdueAfter(9'999ms).empty());
  CHECK(table.OverdueAfter(1ms) == std::vector{7});
}

TEST_CASE("a connection that is kept open is overdue after five minutes without a request") {
  Table table;
  table.places.Open(7);
  table.places.NoteAnswering(7);
  table.places.NoteAnswered(7);
  CHECK(table.OverdueAfter(299s).empty());
  CHECK(table.OverdueAfter(1s) == std::vector{7});
}

TEST_CASE("a connection is overdue once") {
  Table table;
  table.places.Open(7);
  CHECK(table.OverdueAfter(10s) == std::vector{7});
  CHECK(table.OverdueAfter(10s).empty());
  CHECK(table.places.NextDeadline() == SteadyTime::max());
  table.places.NoteAnswered(7);  // which the library says while it closes
  CHECK(table.OverdueAfter(10min).empty());
}

TEST_CASE("the next deadline is the earliest of all") {
  Table table;
  const SteadyTime start = table.clock.SteadyNow();
  CHECK(table.places.NextDeadline() == SteadyTime::max());
  table.places.Open(1);
  table.places.NoteAnswering(1);
  table.clock.Advance(1s);
  table.places.Open(2);
  CHECK(table.places.NextDeadline() == start + 11s);
  table.places.Close(2);
  CHECK(table.places.NextDeadline() == start + 30s);
}

TEST_CASE("the connection that has sent nothing for the longest time gives way") {
  Table table;
  table.places.Open(1);
  table.places.NoteAnswering(1);
  table.places.NoteAnswered(1);
  table.clock.Advance(1s);
  table.places.Open(2);
  table.clock.Advance(1s);
  table.places.Open(3);
  CHECK(table.places.is_full());
  CHECK(table.places.TakeDispensable() == 1);
  CHECK(table.places.TakeDispensable() == 2);
  CHECK(table.places.TakeDispensable() == 3);
  CHECK(table.places.TakeDispensable() == std::nullopt);
}

TEST_CASE("a request under way gives way only after a second, and not before all that send nothing") {
  Table table;
  table.places.Open(1);
  table.places.NoteReceiving(1);
  CHECK(table.places.TakeDispensable() == std::nullopt);
  table.clock.Advance(999ms);
  CHECK(table.places.TakeDispensable() == std::nullopt);
  table.clock.Advance(1ms);
  table.places.Open(2);
  CHECK(table.places.TakeDispensable() == 2);
  CHECK(table.places.TakeDispensable() == 1);
}

TEST_CASE("an answer under way gives way only after five seconds, and not before a slow request") {
  Table table;
  table.places.Open(1);
  table.places.NoteAnswering(1);
  table.clock.Advance(4'999ms);
  CHECK(table.places.TakeDispensable() == std::nullopt);
  table.clock.Advance(1ms);
  table.places.Open(2);
  table.places.NoteReceiving(2);
  table.clock.Advance(1s);
  CHECK(table.places.TakeDispensable() == 2);
  CHECK(table.places.TakeDispensable() == 1);
}

TEST_CASE("a client that has ended is done with unless it waits for an answer") {
  Table table;
  for (const int fd : {1, 2, 3}) table.places.Open(fd);
  table.places.NoteAnswering(2);
  table.places.NoteReceiving(3);
  for (const int fd : {2, 3}) table.places.NoteEnded(fd);
  CHECK(table.places.TakeEnded() == std::vector{3});
  table.places.NoteAnswered(2);
  CHECK(table.places.TakeEnded() == std::vector{2});
  CHECK(table.places.TakeEnded().empty());
}

TEST_CASE("a place is free again when its connection is closed, not when it is cut off") {
  Table table;
  for (const int fd : {1, 2, 3}) table.places.Open(fd);
  CHECK(table.places.TakeDispensable() == 1);
  CHECK(table.places.is_full());
  table.places.Close(1);
  CHECK_FALSE(table.places.is_full());
}

}  // namespace vmtelem
