#pragma once

#include <string>
#include <utility>

#include "base/log.h"
#include "base/secret.h"
#include "base/secret_mask.h"
#include "influx/curl_handles.h"
#include "model/influx_target.h"

namespace vmtelem {

// How the body of a request is packed.
enum class Encoding { kIdentity, kGzip };

// The token on its way into requests: read again from its file after the server refused a request, and struck out of
// whatever a server sends back. Writer's thread.
class Credentials {
 public:
  Credentials(InfluxTarget target, LoggerPtr log);

  // The headers of a request from now on. Empty if there is no memory for them.
  CurlHeaders Headers(Encoding encoding);

  // The server refused a request, perhaps for its token: some answer 404 where others answer 401. If the token came
  // from a file, the next Headers() read that again.
  void Refused() { refused_ = true; }

  // `text` without any token that was in use since the start, what became of it in a header, and the proxy's user and
  // password, however they are written.
  [[nodiscard]] std::string Redact(std::string text) const { return mask_.StrikeOut(std::move(text)); }

 private:
  void ReadAgain();
  void Use(const Secret& token);

  InfluxTarget target_;
  LoggerPtr log_;
  SecretMask mask_;
  bool refused_ = false;
  bool logged_unreadable_ = false;
};

}  // namespace vmtelem
