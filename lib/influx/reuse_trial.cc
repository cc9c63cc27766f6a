#include "influx/reuse_trial.h"

#include <utility>

namespace vmtelem {
namespace {

// Longer than a request takes that is answered at all well, so that an answer to each attempt of a proxy's is seen.
constexpr Nanoseconds kTrial = std::chrono::seconds(3);

}  // namespace

ReuseTrial::ReuseTrial(const OpenConnections& connections, std::string server, LoggerPtr log)
    : connections_(connections), server_(std::move(server)), log_(std::move(log)) {}

ReuseTrial::Use ReuseTrial::Next(SteadyTime now) {
  if (state_ == State::kWaiting) Look(now);
  switch (state_) {
    case State::kUntried:
      return Use::kNewKept;
    case State::kPassed:
      return Use::kAny;
    case State::kWaiting:
    case State::kFailed:
      break;
  }
  return Use::kNew;
}

void ReuseTrial::Look(SteadyTime now) {
  if (!connections_.IsOpen(left_alone_) || OpenConnections::IsEndOfTls(left_alone_)) {
    state_ = State::kUntried;
  } else if (OpenConnections::HasBytes(left_alone_)) {
    CameUnasked();
  } else if (now - since_ >= kTrial) {
    state_ = State::kPassed;
  }
}

void ReuseTrial::Served(const OpenConnections::Connection& connection, SteadyTime now) {
  if (state_ != State::kUntried) return;
  state_ = State::kWaiting;
  left_alone_ = connection;
  since_ = now;
}

void ReuseTrial::ServedApart() {
  if (state_ != State::kFailed) state_ = State::kPassed;
}

void ReuseTrial::CameUnasked() {
  if (std::exchange(state_, State::kFailed) == State::kFailed) return;
  log_->warn("{} answers what nobody asked; from now on each request gets a connection of its own", server_);
}

}  // namespace vmtelem
