#include "base/gzip_stream.h"

#include <string>

#include <catch2/catch.hpp>

#include "base/gzip.h"

namespace vmtelem {
namespace {

// Packed with the text and the room for it coming in pieces.
std::string Packed(std::string_view text, std::size_t piece, std::size_t room) {
  GzipStream stream;
  std::string packed;
  std::string buffer(room, '\0');
  while (!text.empty()) {
    std::string_view part = text.substr(0, piece);
    text.remove_prefix(part.size());
    while (!part.empty()) packed.append(buffer, 0, stream.Pack(part, buffer.data(), buffer.size()));
  }
  while (const std::size_t got = stream.Finish(buffer.data(), buffer.size())) packed.append(buffer, 0, got);
  return packed;
}

}  // namespace

TEST_CASE("a text that is packed in pieces of any size is one gzip member of it") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * i) + " ";
  const std::size_t piece = GENERATE(std::size_t{100}, std::size_t{16384}, std::size_t{1'000'000});
  const std::size_t room = GENERATE(std::size_t{7}, std::size_t{100'000});
  CHECK(Gunzip(Packed(text, piece, room), text.size()) == text);
}

TEST_CASE("no text is a gzip member too") { CHECK(Gunzip(Packed("", 1, 10), 10) == ""); }

}  // namespace vmtelem
