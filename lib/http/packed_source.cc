#include "http/packed_source.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/gzip_stream.h"

namespace vmtelem {
namespace {

// Reads the source as far as the next packed part needs.
class Packing {
 public:
  explicit Packing(HttpBodySource source) : source_(std::move(source)) {}

  std::size_t Read(char* buffer, std::size_t size) {
    std::size_t written = 0;
    while (written == 0 && !is_over_) {
      if (rest_.empty()) Fill();
      if (!is_over_) written = gzip_.Pack(rest_, buffer, size);
    }
    return written > 0 ? written : gzip_.Finish(buffer, size);
  }

 private:
  void Fill() {
    const std::size_t got = source_(part_.data(), part_.size());
    rest_ = std::string_view(part_).substr(0, got);
    is_over_ = got == 0;
  }

  HttpBodySource source_;
  GzipStream gzip_;
  std::string part_ = std::string(std::size_t{16} * 1024, '\0');
  std::string_view rest_;  // of the part
  bool is_over_ = false;
};

}  // namespace

HttpBodySource PackedSource(HttpBodySource source) {
  return [packing = std::make_shared<Packing>(std::move(source))](char* buffer, std::size_t size) {
    return packing->Read(buffer, size);
  };
}

}  // namespace vmtelem
