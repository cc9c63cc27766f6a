#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace vmtelem {

// Where a server listens: an address and a port, or a unix socket. Plain data; config/listen_address.h reads it.
struct ListenAddress {
  // What kind of address it is, and so which of the members below count.
  enum class Kind { kIp4, kIp6, kUnix };

  Kind kind = Kind::kIp4;
  std::array<std::uint8_t, 16> ip{};  // in network order; of kIp4 the first four
  std::uint16_t port = 0;             // in the order of this machine
  std::string text;                   // as it was given: for messages and, after "unix:", the path

  // Nobody but this machine reaches it. True of a unix socket too.
  [[nodiscard]] bool is_local() const;
  // Any address of this machine: 0.0.0.0 or [::].
  [[nodiscard]] bool is_wildcard() const;
  // Of the unix socket; empty for the others.
  [[nodiscard]] std::string path() const;

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

}  // namespace vmtelem
