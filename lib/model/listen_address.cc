#include "model/listen_address.h"

#include <algorithm>
#include <string_view>

namespace vmtelem {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

bool AllZero(const std::uint8_t* begin, const std::uint8_t* end) {
  return std::all_of(begin, end, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

// RFC 1122: all of 127.0.0.0/8; RFC 4291: ::1.
bool ListenAddress::is_local() const {
  if (kind == Kind::kUnix) return true;
  if (kind == Kind::kIp4) return ip[0] == 127;
  return AllZero(ip.begin(), ip.end() - 1) && ip.back() == 1;
}

bool ListenAddress::is_wildcard() const { return kind != Kind::kUnix && AllZero(ip.begin(), ip.end()); }

std::string ListenAddress::path() const { return kind == Kind::kUnix ? text.substr(kUnixPrefix.size()) : ""; }

}  // namespace vmtelem
