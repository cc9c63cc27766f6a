#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace vmtelem {

// Packs a text that comes piece by piece into one gzip member, at level 1 like GzipCompressor. Keeps zlib's 256 KiB of
// state. One thread at a time. What it cannot do for want of memory it throws std::bad_alloc for.
class GzipStream {
 public:
  GzipStream();
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  // Takes bytes from the front of `text`, writes packed ones to `buffer`, at most `size`, and returns how many. 0 with
  // all of the text taken: more text is needed before there is anything to write.
  std::size_t Pack(std::string_view& text, char* buffer, std::size_t size);
  // The same once there is no more text; 0 when the member is complete.
  std::size_t Finish(char* buffer, std::size_t size);

 private:
  std::size_t Deflate(std::string_view& text, char* buffer, std::size_t size, int flush);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vmtelem
