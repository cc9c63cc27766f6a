#include "base/gzip.h"

#include <algorithm>

#include <zlib.h>

namespace vmtelem {
namespace {

constexpr int kLevel = 1;
constexpr int kGzipWindowBits = 15 + 16;  // zlib.h: 16 asks for the gzip format
constexpr int kMemoryLevel = 8;           // zlib's default

// The size of the text that the end of a member gives, but no more than deflate can make of so few bytes: a guess,
// since nothing has been checked yet. Never 0.
std::size_t GuessTextBytes(std::string_view packed) {
  constexpr std::size_t kMostPerByte = 1032;  // zlib.net/zlib_tech.html
  std::size_t given = 0;
  for (std::size_t i = 0; i < 4 && i < packed.size(); ++i) {
    given = given << 8U | static_cast<unsigned char>(packed[packed.size() - 1 - i]);
  }
  return std::min(given, kMostPerByte * packed.size()) + 1;
}

}  // namespace

struct GzipCompressor::State {
  z_stream stream{};
  bool ready = false;
};

GzipCompressor::GzipCompressor() : state_(std::make_unique<State>()) {
  state_->ready =
      deflateInit2(&state_->stream, kLevel, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
}

GzipCompressor::~GzipCompressor() {
  if (state_->ready) deflateEnd(&state_->stream);
}

std::optional<std::string> GzipCompressor::Compress(std::string_view text) {
  z_stream& stream = state_->stream;
  if (!state_->ready || deflateReset(&stream) != Z_OK) return std::nullopt;
  std::string packed(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  // zlib only reads the input, but says so in its types only if built with ZLIB_CONST.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return std::nullopt;
  packed.resize(stream.total_out);
  return packed;
}

struct GzipReader::State {
  z_stream stream{};
  bool ready = false, at_end = false;
};

GzipReader::GzipReader() : state_(std::make_unique<State>()) {
  state_->ready = inflateInit2(&state_->stream, kGzipWindowBits) == Z_OK;
}

GzipReader::~GzipReader() {
  if (state_->ready) inflateEnd(&state_->stream);
}

bool GzipReader::at_end() const { return state_->at_end; }

void GzipReader::Restart() {
  state_->ready = state_->ready && inflateReset(&state_->stream) == Z_OK;
  state_->at_end = false;
}

bool GzipReader::Unpack(std::string_view& packed, std::string& text, std::size_t max_bytes) {
  z_stream& stream = state_->stream;
  if (!state_->ready || state_->at_end) return state_->ready;
  const std::size_t before = text.size();
  text.resize(before + max_bytes);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data()) + before;
  stream.avail_out = static_cast<uInt>(max_bytes);
  const int outcome = inflate(&stream, Z_NO_FLUSH);
  packed.remove_prefix(packed.size() - stream.avail_in);
  text.resize(text.size() - stream.avail_out);
  state_->at_end = outcome == Z_STREAM_END;
  return outcome == Z_OK || outcome == Z_STREAM_END || outcome == Z_BUF_ERROR;  // the last: nothing more to do
}

std::optional<std::string> Gunzip(std::string_view packed, std::size_t max_bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindowBits) != Z_OK) return std::nullopt;
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> ended(&stream, &inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text(std::min(max_bytes, GuessTextBytes(packed)), '\0');
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(text.data()) + stream.total_out;
    stream.avail_out = static_cast<uInt>(text.size() - stream.total_out);
    const int outcome = inflate(&stream, Z_FINISH);
    if (outcome == Z_STREAM_END) break;
    if (stream.avail_out > 0 || text.size() >= max_bytes) return std::nullopt;
    text.resize(std::min(max_bytes, 2 * text.size()));
  }
  if (stream.avail_in > 0) return std::nullopt;
  text.resize(stream.total_out);
  return text;
}

}  // namespace vmtelem
