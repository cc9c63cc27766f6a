#include "spool/spool_index.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

SpoolEntry Entry(std::int64_t first, std::uint64_t sequence = 1) {
  return {{first, first + 5, sequence, 10}, 100, false};
}

SpoolEntry InMemory(std::int64_t first) { return {{first, first + 5, 1, 10}, 0, true}; }

TEST_CASE("the index hands out by stamp, whatever the order of adding") {
  SpoolIndex index;
  const auto second = index.Add(Entry(20)), first = index.Add(Entry(10)), third = index.Add(Entry(30));
  for (const auto id : {first, second, third}) {
    REQUIRE(index.Oldest() == id);
    index.HandOut(id);
  }
  CHECK_FALSE(index.Oldest());
}

TEST_CASE("the index keeps batches of the same stamp apart") {
  SpoolIndex index;
  const auto a = index.Add(Entry(10, 1)), b = index.Add(Entry(10, 2));
  index.Forget(a);
  CHECK(index.Oldest() == b);
}

TEST_CASE("the id of a forgotten batch is not that of a later one") {
  SpoolIndex index;
  const auto gone = index.Add(Entry(10));
  index.Forget(gone);
  const auto later = index.Add(Entry(10));
  CHECK(gone != later);
  CHECK(index.Find(gone) == nullptr);
  CHECK_FALSE(index.Waits(gone));
  index.Forget(gone);
  CHECK(index.Waits(later));
}

TEST_CASE("the index knows the names it holds, wherever they are") {
  SpoolIndex index;
  const auto handed_out = index.Add(Entry(10)), postponed = index.Add(Entry(20)), gone = index.Add(Entry(30));
  index.HandOut(handed_out);
  index.Postpone(postponed);
  CHECK(index.Holds(Entry(10).name));
  CHECK(index.Holds(Entry(20).name));
  CHECK(index.Holds(Entry(30).name));
  index.Forget(gone);
  CHECK_FALSE(index.Holds(Entry(30).name));
  CHECK_FALSE(index.Holds(Entry(10, 2).name));
}

TEST_CASE("the oldest on disk can be asked for from a stamp on") {
  SpoolIndex index;
  const auto first = index.Add(Entry(-10)), second = index.Add(Entry(20));
  index.Add(InMemory(15));
  CHECK(index.OldestOnDisk() == first);
  CHECK(index.OldestOnDisk(-10) == first);
  CHECK(index.OldestOnDisk(-9) == second);
  CHECK_FALSE(index.OldestOnDisk(21));
}

TEST_CASE("what is postponed does not wait until it is put back") {
  SpoolIndex index;
  const auto id = index.Add(Entry(10));
  index.Postpone(id);
  CHECK_FALSE(index.Waits(id));
  CHECK_FALSE(index.Oldest());
  index.PutBack();
  CHECK(index.Oldest() == id);
}

TEST_CASE("the index finds the oldest that has a file") {
  SpoolIndex index;
  index.Add(InMemory(10));
  const auto file = index.Add(Entry(20));
  CHECK(index.OldestOnDisk() == file);
  index.HandOut(file);
  CHECK_FALSE(index.OldestOnDisk());
}

TEST_CASE("a batch that gets a file keeps its id and takes its new place") {
  SpoolIndex index;
  const auto id = index.Add(InMemory(10));
  index.Replace(id, Entry(10, 7));
  CHECK(index.Waits(id));
  CHECK(index.Holds(Entry(10, 7).name));
  CHECK_FALSE(index.Holds(InMemory(10).name));
  CHECK(index.OldestOnDisk() == id);
  CHECK(index.file_bytes() == 100);
}

TEST_CASE("the index adds up what it holds, and apart what waits") {
  SpoolIndex index;
  const auto a = index.Add(Entry(10));
  index.Add(Entry(20));
  index.Add(InMemory(30));
  CHECK(index.batches() == 3);
  CHECK(index.lines() == 30);
  CHECK(index.file_bytes() == 200);
  CHECK(index.waiting_file_bytes() == 200);
  CHECK(index.waiting_files() == 2);
  index.HandOut(a);
  CHECK(index.waiting_files() == 1);
  CHECK(index.file_bytes() == 200);
  CHECK(index.waiting_file_bytes() == 100);
  index.Forget(a);
  CHECK(index.batches() == 2);
  CHECK(index.lines() == 20);
  CHECK(index.file_bytes() == 100);
}

TEST_CASE("what only memory holds is a batch and no file, wherever it is, until it is written") {
  SpoolIndex index;
  index.Add({{1, 1, 0, 1}, 100, false});
  const auto id = index.Add({{2, 2, 0, 1}, 0, true});
  CHECK(index.batches() == 2);
  CHECK(index.files() == 1);
  index.HandOut(id);
  CHECK(index.files() == 1);
  index.Forget(id);
  CHECK(index.files() == 1);
  const auto other = index.Add({{3, 3, 0, 1}, 0, true});
  index.Replace(other, {{3, 3, 1, 1}, 50, false});
  CHECK(index.files() == 2);
}

}  // namespace
}  // namespace vmtelem
