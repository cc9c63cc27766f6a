#include "influx/gzip.h"

#include <random>

#include <catch2/catch.hpp>

#include "inflate.h"

namespace vmtelem {
namespace {

TEST_CASE("what is compressed inflates to itself, one body after the other") {
  GzipCompressor compressor;
  std::mt19937 random(1);
  std::string noise(300'000, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  for (const std::string& text :
       {std::string("m v=1i 1\n"), std::string(3 << 20, 'x'), noise, std::string("m v=2i 2\n")}) {
    const auto packed = compressor.Compress(text);
    REQUIRE(packed);
    CHECK(Inflate(*packed) == text);
  }
}

TEST_CASE("lines become much smaller") {
  std::string lines;
  for (int i = 0; i < 2000; ++i)
    lines += "vm_totals,host=h,vm=vm" + std::to_string(i) + " cpu_time_ns=123456789i 1700000000\n";
  const auto packed = GzipCompressor().Compress(lines);
  REQUIRE(packed);
  CHECK(packed->size() < lines.size() / 5);
}

}  // namespace
}  // namespace vmtelem
