#include "encode/line_writer.h"

#include <charconv>

namespace vmtelem {

void LineProtocolWriter::Begin(std::string_view series, std::int64_t wall_ns) {
  line_start_ = out_.bytes.size();
  out_.bytes.append(series);
  fields_start_ = out_.bytes.size();
  end_ = fields_.data();
  if (stamp_size_ == 0 || wall_ns != wall_ns_) SetStamp(wall_ns);
}

void LineProtocolWriter::SetStamp(std::int64_t wall_ns) {
  wall_ns_ = wall_ns;
  stamp_[0] = ' ';
  char* end = std::to_chars(stamp_.data() + 1, stamp_.data() + stamp_.size(), wall_ns).ptr;
  *end++ = '\n';
  stamp_size_ = static_cast<std::size_t>(end - stamp_.data());
}

void LineProtocolWriter::Flush() {
  out_.bytes.append(fields_.data(), end_);
  end_ = fields_.data();
}

char* LineProtocolWriter::BeginField(const FieldName& name) {
  if (fields_.data() + fields_.size() - end_ < static_cast<std::ptrdiff_t>(kMaxFieldBytes)) Flush();
  return name.CopyTo(end_);
}

void LineProtocolWriter::Integer(const FieldName& name, std::int64_t value) {
  char* text = BeginField(name);
  end_ = std::to_chars(text, fields_.data() + fields_.size(), value).ptr;
  *end_++ = 'i';
}

void LineProtocolWriter::Float(const FieldName& name, double value) {
  char* text = BeginField(name);
  end_ = std::to_chars(text, fields_.data() + fields_.size(), value).ptr;
}

void LineProtocolWriter::Flag(const FieldName& name, bool value) {
  end_ = BeginField(name);
  *end_++ = value ? 't' : 'f';
}

void LineProtocolWriter::End() {
  Flush();
  if (out_.bytes.size() == fields_start_) {
    out_.bytes.resize(line_start_);
    return;
  }
  out_.bytes[fields_start_] = ' ';  // in place of the comma before the first field
  out_.bytes.append(stamp_.data(), stamp_size_);
  out_.NoteLine(wall_ns_);
}

}  // namespace vmtelem
