#include "base/gzip.h"

#include <random>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

constexpr std::size_t kPlenty = std::size_t{64} << 20U;

std::string Noise(std::size_t size) {
  std::mt19937 random(1);
  std::string noise(size, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  return noise;
}

std::string Packed(const std::string& text) { return GzipCompressor().Compress(text).value(); }

TEST_CASE("any text that was compressed comes back") {
  const auto text = GENERATE(std::string(), std::string("m v=1i 1\n"), std::string(3 << 20, 'x'), Noise(300'000));
  CHECK(Gunzip(Packed(text), kPlenty) == text);
}

TEST_CASE("one compressor serves one body after the other") {
  GzipCompressor compressor;
  for (const std::string& text : {std::string("m v=1i 1\n"), Noise(300'000), std::string("m v=2i 2\n")}) {
    CHECK(Gunzip(compressor.Compress(text).value(), kPlenty) == text);
  }
}

TEST_CASE("lines become much smaller") {
  std::string lines;
  for (int i = 0; i < 2000; ++i) lines += "vm_totals,host=h,vm=vm" + std::to_string(i) + " cpu_time_ns=123456789i 1\n";
  CHECK(Packed(lines).size() < lines.size() / 5);
}

TEST_CASE("a gzip member that is cut short at any byte is refused") {
  const std::string packed = Packed("m v=1i 1\nm v=2i 2\n");
  for (std::size_t size = 0; size < packed.size(); ++size) CHECK_FALSE(Gunzip(packed.substr(0, size), kPlenty));
}

TEST_CASE("a gzip member with any bit flipped is refused, or is the same text") {
  const std::string text = "m v=1i 1\nm v=2i 2\n";
  const std::string packed = Packed(text);
  for (std::size_t bit = 0; bit < 8 * packed.size(); ++bit) {
    std::string flipped = packed;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const auto read = Gunzip(flipped, kPlenty);
    CAPTURE(bit);
    CHECK((!read || *read == text));
  }
}

// Unpacks 7 bytes of `packed` and makes 5 of text at a time. Nothing if that fails, or is not all.
std::optional<std::string> UnpackPiecewise(GzipReader& reader, const std::string& packed) {
  std::string text;
  for (std::size_t at = 0; at < packed.size(); at += 7) {
    std::string_view piece = std::string_view(packed).substr(at, 7);
    std::size_t before = 0;
    do {
      before = text.size();
      if (!reader.Unpack(piece, text, 5)) return std::nullopt;
    } while (text.size() > before || (!piece.empty() && !reader.at_end()));
  }
  return reader.at_end() ? std::optional(text) : std::nullopt;
}

TEST_CASE("text that is unpacked piece by piece is the same, one member after the other") {
  GzipReader reader;
  for (const std::string& text : {std::string("m v=1i 1\n"), Noise(30'000), std::string()}) {
    CHECK(UnpackPiecewise(reader, Packed(text)) == text);
    reader.Restart();
  }
}

TEST_CASE("a member that is unpacked piece by piece is refused if it is cut short or altered") {
  const std::string packed = Packed("m v=1i 1\nm v=2i 2\n");
  for (std::size_t at = 0; at < packed.size(); ++at) {
    GzipReader of_cut, of_altered;
    CHECK_FALSE(UnpackPiecewise(of_cut, packed.substr(0, at)));
    std::string altered = packed;
    altered[at] = static_cast<char>(~altered[at]);
    const auto text = UnpackPiecewise(of_altered, altered);
    CHECK((!text || *text == "m v=1i 1\nm v=2i 2\n"));
  }
}

TEST_CASE("anything behind a gzip member is refused") {
  const std::string packed = Packed("m v=1i 1\n");
  CHECK_FALSE(Gunzip(packed + '\0', kPlenty));
  CHECK_FALSE(Gunzip(packed + packed, kPlenty));
}

TEST_CASE("text that is as long as it may be comes back, and one byte more is refused") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{100}, std::size_t{100'000}}) {
    const std::string packed = Packed(std::string(size, 'x'));
    CHECK(Gunzip(packed, size));
    CHECK_FALSE(Gunzip(packed, size - 1));
  }
}

TEST_CASE("bytes that are no gzip member at all are refused") {
  CHECK_FALSE(Gunzip("", kPlenty));
  CHECK_FALSE(Gunzip("m v=1i 1\n", kPlenty));
  CHECK_FALSE(Gunzip(Noise(1000), kPlenty));
}

TEST_CASE("a small member that expands beyond what is allowed is refused without the memory for it") {
  const std::string packed = Packed(std::string(kPlenty, 'x'));
  CHECK(packed.size() < kPlenty / 100);
  CHECK_FALSE(Gunzip(packed, 1000));
}

}  // namespace
}  // namespace vmtelem
