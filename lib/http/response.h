#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"

namespace vmtelem {

// Writes the next part of a body, at most `size` bytes, to `buffer` and returns how many; 0 at the end. Called on the
// server's thread whenever the client has taken some, and never after the end; must not block. It is destroyed there
// when the answer is sent or given up, which a slow client may put off for half a minute.
using HttpBodySource = std::function<std::size_t(char* buffer, std::size_t size)>;

// An answer. Plain data. Cache-Control, X-Content-Type-Options, Referrer-Policy and Content-Length are the server's to
// add.
struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<HttpField> headers;  // further ones
  std::string body;
  HttpBodySource source;       // if set, what it writes is the body, sent in parts
  bool may_be_packed = false;  // by gzip, where the client takes it
};

// {"detail": DETAIL}. The detail is read by whoever asked: no path of a file, no text of a library.
HttpResponse HttpError(int status, std::string_view detail);

}  // namespace vmtelem
