#include "http/response.h"

#include <nlohmann/json.hpp>

namespace vmtelem {

HttpResponse HttpError(int status, std::string_view detail) {
  HttpResponse response;
  response.status = status;
  const nlohmann::json body{{"detail", detail}};
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

}  // namespace vmtelem
