#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/log.h"

// Names come from libvirt and may be any bytes; databases do not take any bytes.
namespace vmtelem {

inline constexpr std::size_t kMaxNameBytes = 256;

// `name` as it is written: invalid UTF-8 becomes U+FFFD, a byte below 0x20 or 0x7f becomes '_', '\' becomes '/' (every
// parser reads a backslash differently), and what is longer than kMaxNameBytes is cut after a whole code point.
std::string RepairName(std::string_view name);

// ",key=value" with the value escaped; nothing for an empty value, which no parser takes.
void AppendTag(std::string& out, std::string_view key, std::string_view value);

// Repairs the name of an object when it is first seen, counts those that had to be changed and logs each.
class NameRepairs {
 public:
  explicit NameRepairs(LoggerPtr log) : log_(std::move(log)) {}

  // `what` is the kind of object, for the log. The log gets the name as written, never the bytes that were not fit.
  std::string Repair(std::string_view what, std::string_view name);
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  LoggerPtr log_;
  std::uint64_t count_ = 0;
};

}  // namespace vmtelem
