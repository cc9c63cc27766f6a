#include "model/batch.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

Batch FourLines() { return Batch(Lines{"a v=1 1\nb v=2 2\nc v=3 3\nd v=4 4\n", 4, 1, 4}); }

TEST_CASE("a batch knows its lines without their ends") {
  const Batch batch = FourLines();
  REQUIRE(batch.line_count() == 4);
  CHECK(batch.line(0) == "a v=1 1");
  CHECK(batch.line(3) == "d v=4 4");
}

TEST_CASE("a slice holds the lines that were asked for") {
  const Batch slice = FourLines().Slice(1, 2);
  CHECK(slice.bytes() == "b v=2 2\nc v=3 3\n");
  CHECK(slice.line_count() == 2);
}

TEST_CASE("two slices that meet are the whole") {
  const Batch batch = FourLines();
  for (std::size_t cut = 1; cut < 4; ++cut) {
    CHECK(batch.Slice(0, cut).bytes() + batch.Slice(cut, 4 - cut).bytes() == batch.bytes());
  }
}

TEST_CASE("lines that are taken out are gone and the others are untouched") {
  CHECK(FourLines().Without({0, 2}).bytes() == "b v=2 2\nd v=4 4\n");
  CHECK(FourLines().Without({}).bytes() == FourLines().bytes());
  CHECK(FourLines().Without({0, 1, 2, 3}).line_count() == 0);
}

TEST_CASE("a batch that is given its gzip keeps its lines, and they are not copied") {
  const Batch batch = FourLines();
  const auto gzip = std::make_shared<const std::string>("packed");
  const Batch packed = batch.WithGzip(gzip);
  CHECK(packed.gzip() == gzip);
  CHECK_FALSE(batch.gzip());
  CHECK(packed.bytes().data() == batch.bytes().data());
  CHECK(packed.line(3).data() == batch.line(3).data());
}

TEST_CASE("appended lines are counted and their stamps span both parts") {
  Lines all;
  all.Append(Lines{"b v=2 20\n", 1, 20, 20});
  all.Append(Lines{});
  all.Append(Lines{"a v=1 10\nc v=3 30\n", 2, 10, 30});
  CHECK(all.count == 3);
  CHECK(all.first_wall_ns == 10);
  CHECK(all.last_wall_ns == 30);
  CHECK(all.bytes == "b v=2 20\na v=1 10\nc v=3 30\n");
}

TEST_CASE("lines that are cut off the front are gone from the rest, with the stamps of the whole") {
  Lines lines{"a v=1 10\nb v=2 20\nc v=3 30\n", 3, 10, 30};
  const Lines front = lines.CutFront(18);
  CHECK(front.bytes == "a v=1 10\nb v=2 20\n");
  CHECK(front.count == 2);
  CHECK(front.last_wall_ns == 30);
  CHECK(lines.bytes == "c v=3 30\n");
  CHECK(lines.count == 1);
  CHECK(lines.first_wall_ns == 10);
}

TEST_CASE("cleared lines are as good as new") {
  Lines lines{"a v=1 10\n", 1, 10, 10};
  lines.Clear();
  lines.bytes += "b v=2 5\n";
  lines.NoteLine(5);
  CHECK(lines.count == 1);
  CHECK(lines.first_wall_ns == 5);
}

}  // namespace
}  // namespace vmtelem
