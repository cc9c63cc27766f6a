#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/log.h"

// Names come from libvirt and may be any bytes; databases do not take any bytes.
namespace vmtelem {

inline constexpr std::size_t kMaxNameBytes = 256;

// `name` in the form in which it is written: invalid UTF-8 becomes U+FFFD, a byte below 0x20 or 0x7f becomes '_', '\'
// becomes '/' (every parser reads a backslash differently), and a name longer than kMaxNameBytes is cut after a whole
// code point.
std::string RepairName(std::string_view name);

// ",key=value" with the value escaped; nothing for an empty value, which no parser takes.
void AppendTag(std::string& out, std::string_view key, std::string_view value);

// Repairs the names of objects when they are first seen, and counts the changed ones. One thread.
class NameRepairs {
 public:
  explicit NameRepairs(LoggerPtr log) : log_(std::move(log)) {}

  // `what` is the kind of object, for the log.
  std::string Repair(std::string_view what, std::string_view name);
  [[nodiscard]] std::uint64_t count() const { return count_; }

  // Logs one message for all changed names of the first sample that has any, with the first of them as it is written:
  // on a host full of such names a message for each would fill the log. Names that come later are only counted.
  void Log();

 private:
  LoggerPtr log_;
  std::uint64_t count_ = 0;
  std::string first_;
  bool is_logged_ = false;
};

}  // namespace vmtelem
