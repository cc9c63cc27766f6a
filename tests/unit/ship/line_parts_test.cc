#include "ship/line_parts.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

TEST_CASE("the series of a line ends at the first space that is not escaped") {
  CHECK(SeriesKey(R"(m,vm=a\ b,host=h f=1i,g="x y" 7)") == R"(m,vm=a\ b,host=h)");
  CHECK(SeriesKey("m f=1i 7") == "m");
  CHECK(SeriesKey("m") == "m");
  CHECK(SeriesKey("m\\").size() == 2);
  CHECK(SeriesKey("").empty());
}

TEST_CASE("the measurement of a line ends at the first comma or space that is not escaped") {
  CHECK(Measurement(R"(a\,b\ c,vm=x f=1i 7)") == R"(a\,b\ c)");
  CHECK(Measurement("m f=1i 7") == "m");
  CHECK(Measurement("").empty());
}

}  // namespace
}  // namespace vmtelem
