#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/gzip.h"
#include "spool/spool_file.h"

namespace {

// What is taken for a batch is one: as many lines as its name says, each ended, and the bytes of the file beside it.
void CheckDecoded(const std::string& file, std::uint32_t lines) {
  const auto batch = vmtelem::DecodeSpoolFile({1, 2, 3, lines}, file);
  if (!batch) {
    if (batch.error().message.empty() || batch.error().message.find('\n') != std::string::npos) std::abort();
    return;
  }
  const std::string& text = (*batch)->bytes();
  if ((*batch)->line_count() != lines || text.empty() || text.back() != '\n' || *(*batch)->gzip() != file) std::abort();
}

// A file that the spool wrote, with one byte altered, is refused or says the same.
void CheckAltered(const std::string& text, std::size_t place, char mask) {
  auto file = vmtelem::GzipCompressor().Compress(text);
  if (!file) return;
  const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
  (*file)[place % file->size()] = static_cast<char>((*file)[place % file->size()] ^ mask);
  CheckDecoded(*file, lines);
  const auto batch = vmtelem::DecodeSpoolFile({1, 2, 3, lines}, *file);
  if (batch && (*batch)->bytes() != text) std::abort();
  const bool is_whole = mask == 0 && lines > 0 && text.back() == '\n';
  if (is_whole && !batch) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::string rest(reinterpret_cast<const char*>(data) + 4, size - 4);
  CheckDecoded(rest, data[0]);
  CheckAltered(rest, std::size_t{data[1]} << 8U | data[2], static_cast<char>(data[3]));
  return 0;
}
