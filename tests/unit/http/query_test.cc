#include "http/query.h"

#include <catch2/catch.hpp>

namespace vmtelem {

using Fields = std::vector<HttpField>;

TEST_CASE("parameters come in the order sent, with their escapes undone") {
  CHECK(ParseQuery("host=kvm1&name=web*&sort=cpu&limit=10") ==
        Fields{{"host", "kvm1"}, {"name", "web*"}, {"sort", "cpu"}, {"limit", "10"}});
  CHECK(ParseQuery("name=web%2001&x=a+b&y=%E6%97%A5&z=%e6%97%a5") ==
        Fields{{"name", "web 01"}, {"x", "a b"}, {"y", "\u65e5"}, {"z", "\u65e5"}});
  CHECK(ParseQuery("a=%3D%26%25&b=c=d") == Fields{{"a", "=&%"}, {"b", "c=d"}});
}

TEST_CASE("a parameter may lack its value or its name") {
  CHECK(ParseQuery("") == Fields{});
  CHECK(ParseQuery("&&") == Fields{});
  CHECK(ParseQuery("a&b=&=c") == Fields{{"a", ""}, {"b", ""}, {"", "c"}});
}

TEST_CASE("a query that is no text is refused as a whole") {
  const char* const query = GENERATE("a=%", "a=%4", "a=%4x", "a=%x4", "a=% 4", "a=%-1", "%zz=a", "a=%00", "a=%FF",
                                     "a=\xFF", "a=%ED%A0%80", "ok=1&a=%C0%80", "a=%+1");
  CAPTURE(query);
  CHECK(ParseQuery(query) == std::nullopt);
}

TEST_CASE("of a parameter that comes twice the last one counts") {
  HttpRequest request;
  request.query = {{"a", "1"}, {"b", "2"}, {"a", "3"}};
  CHECK(request.Parameter("a") == "3");
  CHECK(request.Parameter("c") == std::nullopt);
}

}  // namespace vmtelem
