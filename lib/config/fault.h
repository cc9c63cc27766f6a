#pragma once

#include <string>
#include <string_view>

namespace vmtelem {

// Something wrong with a setting or an argument: one line for people. It holds neither a secret nor the user part of
// a URL.
struct Fault {
  std::string text{};
  bool from_argument = false;      // the value was given on the command line
  bool concerns_database = false;  // goes away when nothing is uploaded
};

// A value that was not accepted, and why.
struct BadValue {
  std::string_view name{};     // of the variable or flag
  std::string_view value{};    // as it may be shown; empty: not shown
  std::string_view problem{};  // "is out of range"
  std::string_view allowed{};  // may be empty
  std::string_view origin{};   // may be empty
};

// "POLL_INTERVAL: '0' is out of range; allowed 0.1s to 1h (environment)". If `allowed` is a list of words, a near match
// is offered.
std::string DescribeBadValue(const BadValue& bad);

}  // namespace vmtelem
