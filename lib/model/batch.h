#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vmtelem {

// Encoded lines on their way: bytes and what must be known of them without parsing them again. Line protocol, each
// line ended by \n, no blank lines and no comments (so that a server's line number is an index here).
struct Lines {
  std::string bytes;
  std::size_t count = 0;
  std::int64_t first_wall_ns = 0;  // stamps of the oldest and the newest line; 0 while count is 0
  std::int64_t last_wall_ns = 0;

  [[nodiscard]] bool empty() const { return count == 0; }
  void NoteLine(std::int64_t wall_ns);  // counts a line that was just appended to `bytes`
  void Append(Lines more);
  // Cuts `size` bytes off the front, which are whole lines, and gives them. The stamps of both are those of the whole.
  Lines CutFront(std::size_t size);
  void Clear();
};

// Lines that are sealed: they are sent, split and dropped, and never change. Copies share the lines.
class Batch {
 public:
  // No batch is sealed with more: what the documentation of InfluxDB advises (InfluxDB 3 takes 10 MiB, inflated).
  static constexpr std::size_t kMostLines = 10'000;
  static constexpr std::size_t kMostBytes = std::size_t{4} << 20;

  explicit Batch(Lines lines);
  // Lines that were compressed already, as one gzip member.
  Batch(Lines lines, std::shared_ptr<const std::string> gzip);

  [[nodiscard]] const Lines& lines() const { return sealed_->lines; }
  [[nodiscard]] const std::string& bytes() const { return sealed_->lines.bytes; }
  [[nodiscard]] std::size_t line_count() const { return sealed_->starts.size(); }
  [[nodiscard]] std::int64_t first_wall_ns() const { return sealed_->lines.first_wall_ns; }
  [[nodiscard]] std::int64_t last_wall_ns() const { return sealed_->lines.last_wall_ns; }

  // The same bytes as one gzip member, if the spool has made it; null otherwise. A part of a batch has none.
  [[nodiscard]] const std::shared_ptr<const std::string>& gzip() const { return gzip_; }
  // The same lines, not copied, with their gzip.
  [[nodiscard]] Batch WithGzip(std::shared_ptr<const std::string> gzip) const;

  // Line `index` (from 0) without its \n.
  [[nodiscard]] std::string_view line(std::size_t index) const;

  // Lines [first, first + count) as a batch of their own; its stamps are those of the whole.
  [[nodiscard]] Batch Slice(std::size_t first, std::size_t count) const;
  // All lines but those at `indices` (sorted, unique, in range).
  [[nodiscard]] Batch Without(const std::vector<std::size_t>& indices) const;

 private:
  struct Sealed {
    Lines lines;
    std::vector<std::uint32_t> starts;  // offset of each line
  };
  static std::shared_ptr<const Sealed> Seal(Lines lines);

  std::shared_ptr<const Sealed> sealed_;
  std::shared_ptr<const std::string> gzip_;
};

}  // namespace vmtelem
