#include "influx/server_text.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

TEST_CASE("a server's words become one line") {
  CHECK(Excerpt("  too\r\n\tmany   words \x01here\n") == "too many words here");
}

TEST_CASE("a long text is cut") {
  const std::string text = Excerpt(std::string(100'000, 'x'));
  CHECK(text == std::string(200, 'x') + "...");
}

TEST_CASE("of a quoted line at most 20 bytes are repeated") {
  CHECK(Excerpt("unable to parse 'vm_totals,host=h1,vm=db state=1i 1': missing fields") ==
        "unable to parse 'vm_totals,host=h1,vm...': missing fields");
  CHECK(Excerpt("cannot unmarshal \"vm_totals,host=h1,vm=db\": no") ==
        "cannot unmarshal \"vm_totals,host=h1,vm...\": no");
}

TEST_CASE("a short quotation and an apostrophe are left as they are") {
  CHECK(Excerpt("database not found: \"vmstats\"") == "database not found: \"vmstats\"");
  CHECK(Excerpt("it doesn't fit and it isn't going to fit either") ==
        "it doesn't fit and it isn't going to fit either");
}

TEST_CASE("a quotation that does not end is cut too") {
  CHECK(Excerpt("at 'vm_totals,host=h1,vm=db state=1i 1") == "at 'vm_totals,host=h1,vm...");
}

TEST_CASE("bytes that are not UTF-8 are repaired and nothing is cut within a character") {
  CHECK(Excerpt("a\xFF"
                "b") ==
        "a\xEF\xBF\xBD"
        "b");
  std::string umlauts;
  for (int i = 0; i < 150; ++i) umlauts += "\xC3\xBC";
  CHECK(Excerpt("x" + umlauts).size() == 199 + 3);
}

TEST_CASE("an HTML page is not repeated") {
  CHECK(IsHtml("\n <!DOCTYPE html><html>"));
  CHECK_FALSE(IsHtml("a < b"));
  CHECK(Excerpt("<html>secret</html>").find("secret") == std::string::npos);
}

}  // namespace
}  // namespace vmtelem
