#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vmtelem {

// A header or a parameter of a query. A name may come more than once.
struct HttpField {
  std::string name;
  std::string value;

  friend bool operator==(const HttpField&, const HttpField&) = default;
};

// A request as it came, with the escapes of its query undone. Plain data.
struct HttpRequest {
  enum class Version { kHttp10, kHttp11 };

  std::string method;  // "GET"
  Version version = Version::kHttp11;
  std::string path;                // "/metrics": as it was sent, escapes are not undone
  std::vector<HttpField> query;    // in the order sent; a name without '=' has an empty value
  bool query_is_valid = true;      // false: an escape in it is none, or its text is no UTF-8; then `query` is empty
  std::vector<HttpField> headers;  // names in lower case, values without the blanks around them
  std::string body;
  // A NUL came on its connection. What follows it in a line is not in the values above, since libmicrohttpd ends them
  // there.
  bool holds_nul = false;

  // The value of a parameter; of the last one if there are several. Absent: there is none.
  [[nodiscard]] std::optional<std::string_view> Parameter(std::string_view name) const;
  // All values of a header, whose name is given in lower case, in the order sent.
  [[nodiscard]] std::vector<std::string_view> Header(std::string_view name) const;
};

}  // namespace vmtelem
