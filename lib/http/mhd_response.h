#pragma once

#include <memory>

#include <microhttpd.h>

#include "http/body_budget.h"
#include "http/response.h"

namespace vmtelem {

// Gives up our hold of an answer; libmicrohttpd keeps its own while it sends it.
struct MhdResponseDeleter {
  void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
using MhdResponse = std::unique_ptr<MHD_Response, MhdResponseDeleter>;

// An answer as libmicrohttpd sends it. Null if there is no memory for it. Its body counts among `bodies` until it is
// sent or given up.
MhdResponse MakeMhdResponse(HttpResponse response, BodyBudget& bodies);
// The same to HEAD. A source is read to its end to learn the length: to HEAD of an answer without one libmicrohttpd
// 0.9.75 sends the last, empty part of a chunked body, which the client takes for the start of the next answer.
MhdResponse MakeMhdHeadResponse(HttpResponse response, BodyBudget& bodies);

}  // namespace vmtelem
