#include "http/request.h"

namespace vmtelem {

std::optional<std::string_view> HttpRequest::Parameter(std::string_view name) const {
  std::optional<std::string_view> value;
  for (const HttpField& field : query) {
    if (field.name == name) value = field.value;
  }
  return value;
}

std::vector<std::string_view> HttpRequest::Header(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const HttpField& field : headers) {
    if (field.name == name) values.emplace_back(field.value);
  }
  return values;
}

}  // namespace vmtelem
