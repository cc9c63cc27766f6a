#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vmtelem {

// HOST or HOST:PORT, as it stands in the header Host and in an Origin. Plain data.
struct Authority {
  std::string host;  // in lower case, without the brackets of an IPv6 address
  // The address that the host is, if it is one: IPv4 as IPv6 writes it. Two spellings of one address are equal.
  std::optional<std::array<std::uint8_t, 16>> ip;
  std::optional<std::uint16_t> port;

  [[nodiscard]] bool HasSameHost(const Authority& other) const {
    return ip || other.ip ? ip == other.ip : host == other.host;
  }
};

// Absent: it is none. Pure function.
std::optional<Authority> ParseAuthority(std::string_view text);

// The authority of an origin, "http://HOST:PORT" or the same with https; its port is always there. Absent: it is none
// of these, such as "null". Pure function.
std::optional<Authority> ParseOrigin(std::string_view text);

}  // namespace vmtelem
