#pragma once

#include <optional>
#include <string>
#include <string_view>

// How this folder says that something is wrong with a setting: a parser gives a Problem, and whoever knows the name,
// the value and its origin makes a Fault of it.
namespace vmtelem {

// What is wrong with a value, to follow it in a sentence: "is out of range". Nothing if nothing is.
using Problem = std::optional<std::string>;

// A setting or an argument that cannot be used, in one line for people. It holds neither a secret nor the user part of
// a URL.
struct Fault {
  std::string text{};
  bool from_argument = false;      // the value was given on the command line
  bool concerns_database = false;  // goes away when nothing is uploaded
};

// A value that was not accepted, and all that a message says of it.
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
