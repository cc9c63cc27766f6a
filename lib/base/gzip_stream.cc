#include "base/gzip_stream.h"

#include <algorithm>
#include <limits>
#include <new>

#include <zlib.h>

namespace vmtelem {
namespace {

constexpr int kLevel = 1;
constexpr int kGzipWindowBits = 15 + 16;  // zlib.h: 16 asks for the gzip format
constexpr int kMemoryLevel = 8;           // zlib's default

}  // namespace

struct GzipStream::State {
  z_stream stream{};
  bool at_end = false;
};

GzipStream::GzipStream() : state_(std::make_unique<State>()) {
  if (deflateInit2(&state_->stream, kLevel, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

GzipStream::~GzipStream() { deflateEnd(&state_->stream); }

std::size_t GzipStream::Pack(std::string_view& text, char* buffer, std::size_t size) {
  return Deflate(text, buffer, size, Z_NO_FLUSH);
}

std::size_t GzipStream::Finish(char* buffer, std::size_t size) {
  std::string_view nothing;
  return state_->at_end ? 0 : Deflate(nothing, buffer, size, Z_FINISH);
}

std::size_t GzipStream::Deflate(std::string_view& text, char* buffer, std::size_t size, int flush) {
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
  z_stream& stream = state_->stream;
  const std::size_t given = std::min(text.size(), kMost);
  const std::size_t room = std::min(size, kMost);
  // zlib only reads the input, but says so in its types only if built with ZLIB_CONST.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(given);
  stream.next_out = reinterpret_cast<Bytef*>(buffer);
  stream.avail_out = static_cast<uInt>(room);
  state_->at_end = deflate(&stream, flush) == Z_STREAM_END;
  text.remove_prefix(given - stream.avail_in);
  return room - stream.avail_out;
}

}  // namespace vmtelem
