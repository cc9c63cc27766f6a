#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "encode/field_name.h"
#include "model/batch.h"

namespace vmtelem {

// Writes lines of line protocol into the caller's buffer; only that buffer allocates. Fields are put together in a
// small buffer first, which saves the string's bookkeeping for every few bytes.
class LineProtocolWriter {
 public:
  explicit LineProtocolWriter(Lines& out) : out_(out) {}
  LineProtocolWriter(const LineProtocolWriter&) = delete;
  LineProtocolWriter& operator=(const LineProtocolWriter&) = delete;

  void Begin(std::string_view series, std::int64_t wall_ns);
  void Integer(const FieldName& name, std::int64_t value);
  void Float(const FieldName& name, double value);  // finite
  void Flag(const FieldName& name, bool value);
  void End();

 private:
  // Of one field: its name, at most 24 characters of a double or 20 of an integer, the suffix.
  static constexpr std::size_t kMaxFieldBytes = FieldName::kCapacity + 24 + 1;

  char* BeginField(const FieldName& name);
  void Flush();
  void SetStamp(std::int64_t wall_ns);

  Lines& out_;
  std::size_t line_start_ = 0;    // in out_.bytes
  std::size_t fields_start_ = 0;  // likewise
  std::array<char, 4096> fields_;
  char* end_ = fields_.data();
  std::int64_t wall_ns_ = 0;
  std::array<char, 24> stamp_{};  // " <wall_ns_>\n"; most lines have the stamp of the line before
  std::size_t stamp_size_ = 0;
};

}  // namespace vmtelem
