#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"

namespace vmtelem {

// The version of the API that a database speaks.
enum class InfluxApi { kV1, kV2, kV3 };

constexpr std::string_view NameOf(InfluxApi api) {
  return api == InfluxApi::kV3 ? "v3" : api == InfluxApi::kV2 ? "v2" : "v1";
}

// A server through which others are reached. Plain data.
struct Proxy {
  std::string url;       // scheme://host[:port] without user and password; empty: there is none
  Secret login;          // "user:password", percent-encoded as it was given; may be empty
  std::string variable;  // of the environment, that gives it
};

// A database to write to. Plain data.
struct InfluxTarget {
  InfluxApi api = InfluxApi::kV3;
  std::string url;  // scheme://host[:port][/path]; user and password are not allowed in it
  std::string database;
  std::string org;               // v2
  std::string user;              // v1
  std::string retention_policy;  // v1; empty: the database's default
  Secret token;                  // v1: the password; may be empty there
  std::string token_file;        // where the token came from, to read again when it is refused; empty: not from a file
  std::string token_origin;      // for messages: "INFLUX_TOKEN", "INFLUX_TOKEN_FILE", "credential influx-token"
  std::string ca_file;           // empty: the system's
  Proxy proxy;
  bool gzip = false;
  Nanoseconds timeout{};  // of one request
};

}  // namespace vmtelem
