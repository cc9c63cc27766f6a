#pragma once

#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "influx/open_connections.h"

namespace vmtelem {

// Whether requests may go out on connections that served others before. HTTP/1 says of an answer only that it is the
// next one: if a server sends a second answer to one request, the next request on that connection takes it for its own,
// and lines count as stored that are not. An answer that came before the request went out is seen in time; one that
// comes while the request is under way is not. So a server is put to the test first: one connection that has served is
// left alone for a while, and only if nothing comes on it are connections used again. Where anything ever comes
// unasked, none is from then on.
//
// What remains: a server that keeps silent during the trial and later answers twice, the second time within the very
// moment that the next request is under way. Writer's thread.
class ReuseTrial {
 public:
  // `server` is for messages.
  ReuseTrial(const OpenConnections& connections, std::string server, LoggerPtr log);

  enum class Use {
    kNew,      // for this request only
    kNewKept,  // left open behind it
    kAny,      // one that has served, if there is one
  };
  // For a request that begins now.
  Use Next(SteadyTime now);

  // A request was answered over HTTP/1, and its connection is left open.
  void Served(const OpenConnections::Connection& connection, SteadyTime now);
  // It was answered over HTTP/2, where each answer names its request.
  void ServedApart();
  // Something came that nobody asked for.
  void CameUnasked();

 private:
  enum class State { kUntried, kWaiting, kPassed, kFailed };
  void Look(SteadyTime now);

  const OpenConnections& connections_;
  const std::string server_;
  LoggerPtr log_;
  State state_ = State::kUntried;
  OpenConnections::Connection left_alone_;
  SteadyTime since_{};
};

}  // namespace vmtelem
