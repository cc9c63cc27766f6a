#pragma once

#include <optional>
#include <string>

#include "model/batch.h"
#include "model/delivery.h"
#include "model/influx_target.h"

namespace vmtelem {

// The answer to one request, or why there is none.
struct Reply {
  enum class Transport {
    kAnswered,     // there is a status
    kUnreachable,  // no connection
    kTimeout,
    kBroken,     // the connection ended before the answer did
    kHandshake,  // TLS did not come about; may pass
    kUntrusted,  // the server's certificate is not accepted
    kTlsSetup,   // our own TLS files cannot be used
  };
  Transport transport = Transport::kAnswered;
  std::string error;  // why there is no answer, in libcurl's words
  int status = 0;
  std::string body;      // at most its first MiB
  std::string location;  // of a redirect, without user, password and query
  std::optional<Nanoseconds> retry_after;
  bool compressed = false;         // as the request was sent
  bool lines_sent = false;         // part of the batch at least has left
  unsigned handshakes_failed = 0;  // in a row, this one included
};

// What is to be done with the batch after this reply. Pure. No reply gives up a line: see ship/poison_search.h.
Verdict Classify(const InfluxTarget& target, const Reply& reply, const Batch& batch);

}  // namespace vmtelem
