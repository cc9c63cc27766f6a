#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace vmtelem {

// What went wrong, in the terms a caller acts on. cmd/ maps each to an exit code.
enum class ErrorCode {
  kInvalid,       // bad configuration or bad input
  kUnreachable,   // hypervisor or database cannot be reached
  kTimeout,       // it did not answer within its deadline
  kOverloaded,    // this machine had no time for it; nothing is known of the other side
  kDenied,        // it refuses access
  kNotFound,      // the named thing does not exist there
  kUnsupported,   // the driver or server does not know this call
  kRefusedData,   // the database refuses what was sent
  kCannotCreate,  // a file or socket cannot be created
  kIo,            // reading or writing failed
  kInUse,         // another process has it
  kClosed,        // the reader of our output has gone
  kInternal,
};

// An error for people.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // one line, names the thing; never holds a secret
  std::string hint;     // what to do next; may be empty
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> Fail(ErrorCode code, std::string message, std::string hint = {}) {
  return tl::make_unexpected(Error{code, std::move(message), std::move(hint)});
}

}  // namespace vmtelem
