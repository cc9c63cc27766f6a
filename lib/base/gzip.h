#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace vmtelem {

// Compresses bodies at level 1, since the line protocol repeats itself so much that more effort gains little. Keeps
// zlib's 256 KiB of state from one body to the next. One thread at a time.
class GzipCompressor {
 public:
  GzipCompressor();
  ~GzipCompressor();
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;

  // One gzip member; nothing if there is no memory for it.
  std::optional<std::string> Compress(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Unpacks one gzip member piece by piece. Keeps about 40 KiB. One thread at a time.
class GzipReader {
 public:
  GzipReader();
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  // Takes bytes from the front of `packed` and appends their text, at most `max_bytes`, to `text`. False if they cannot
  // be unpacked, or the member's own checks (CRC-32 and length) fail.
  bool Unpack(std::string_view& packed, std::string& text, std::size_t max_bytes);
  [[nodiscard]] bool at_end() const;  // of the member: its checks held
  void Restart();                     // another member follows

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The text of one gzip member, whose own checks (CRC-32 and length) have to hold; nothing if they do not, if anything
// follows it, or if the text would be longer than `max_bytes`.
std::optional<std::string> Gunzip(std::string_view packed, std::size_t max_bytes);

}  // namespace vmtelem
