#include "ship/line_queue.h"

#include <thread>

#include <catch2/catch.hpp>

#include "fakes/sample_lines.h"
#include "ledger_sum.h"

namespace vmtelem {
namespace {

const std::size_t kLineBytes = SampleLine(0).size() + 1;

struct Queue {
  explicit Queue(std::uint64_t max_bytes) : queue(max_bytes, ledger, [this] { ++wakes; }) {}
  Ledger ledger;
  int wakes = 0;
  LineQueue queue;
};

TEST_CASE("pushed lines are taken in their order and once") {
  Queue q(1 << 20);
  q.queue.Push(SampleLines(0, 2));
  q.queue.Push(SampleLines(2, 1));
  const Lines out = q.queue.TakeAll();
  CHECK(out.bytes == SampleLines(0, 3).bytes);
  CHECK(out.count == 3);
  CHECK(q.queue.TakeAll().empty());
}

TEST_CASE("pushed lines are counted as sampled") {
  Queue q(1 << 20);
  q.queue.Push(SampleLines(0, 4));
  CHECK(q.ledger.counts().sampled == 4);
  CHECK(q.ledger.counts().queued == 4);
}

TEST_CASE("a push and a close wake the writer") {
  Queue q(1 << 20);
  q.queue.Push(SampleLines(0, 1));
  CHECK(q.wakes == 1);
  q.queue.Close();
  CHECK(q.wakes == 2);
}

TEST_CASE("over the bound the oldest lines are dropped and counted") {
  Queue q(3 * kLineBytes);
  q.queue.Push(SampleLines(0, 2));
  q.queue.Push(SampleLines(2, 2));
  CHECK(q.queue.bytes() <= 3 * kLineBytes);
  CHECK(q.ledger.counts().dropped == 2);
  const Lines out = q.queue.TakeAll();
  CHECK(out.bytes == SampleLines(2, 2).bytes);
}

TEST_CASE("of one push above the bound the newest lines that fit are kept") {
  Queue q(3 * kLineBytes + kLineBytes / 2);
  q.queue.Push(SampleLines(0, 10));
  CHECK(q.ledger.counts().dropped == 7);
  CHECK(q.queue.bytes() == 3 * kLineBytes);
  const Lines out = q.queue.TakeAll();
  CHECK(out.bytes == SampleLines(7, 3).bytes);
  CHECK(out.count == 3);
}

TEST_CASE("lines that come after the close are dropped and counted") {
  Queue q(1 << 20);
  q.queue.Close();
  q.queue.Push(SampleLines(0, 3));
  CHECK(q.queue.closed());
  CHECK(q.ledger.counts().dropped == 3);
  CHECK(q.queue.TakeAll().empty());
}

TEST_CASE("the bytes that wait are known, and are none once they were taken") {
  Queue q(1 << 20);
  q.queue.Push(SampleLines(0, 5));
  CHECK(q.queue.bytes() == 5 * kLineBytes);
  q.queue.TakeAll();
  CHECK(q.queue.bytes() == 0);
}

TEST_CASE("lines pushed and taken by different threads are all there") {
  Ledger ledger;
  LineQueue queue(1 << 20, ledger, [] {});
  constexpr std::size_t kPushes = 500;
  std::thread pusher([&] {
    for (std::size_t i = 0; i < kPushes; ++i) queue.Push(SampleLines(i, 1));
    queue.Close();
  });
  Lines out;
  bool closed = false, added_up = true;
  while (!closed) {
    closed = queue.closed();
    out.Append(queue.TakeAll());
    added_up = added_up && LedgerAddsUp(ledger.counts());
  }
  pusher.join();
  CHECK(out.bytes == SampleLines(0, kPushes).bytes);
  CHECK(added_up);
}

TEST_CASE(
    "lines dropped for the bound are reported once, with their number and the stamps of the oldest and the newest") {
  Ledger ledger;
  LineQueue queue(3 * SampleLines(0, 1).bytes.size(), ledger, [] {});
  CHECK_FALSE(queue.TakeDropped());
  for (const std::size_t first : {10U, 20U, 30U}) queue.Push(SampleLines(first, 2));
  const auto dropped = queue.TakeDropped();
  REQUIRE(dropped);
  CHECK(dropped->lines == ledger.counts().dropped);
  CHECK(dropped->first_wall_ns == 10);
  CHECK(dropped->last_wall_ns == 21);
  CHECK_FALSE(queue.TakeDropped());
}

}  // namespace
}  // namespace vmtelem
