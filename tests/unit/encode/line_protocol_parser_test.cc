#include "fakes/line_protocol_parser.h"

#include <catch2/catch.hpp>

// The parser judges the encoder, so it must refuse what a database would.
namespace vmtelem {
namespace {

TEST_CASE("the parser takes well-formed lines") {
  const auto parsed = LineProtocolParser::Parse("m,a=x\\ \\,\\=y i=-5i,f=1.5e-07,b=t 12\nm f=1 -3\n");
  REQUIRE(parsed.error.empty());
  REQUIRE(parsed.lines.size() == 2);
  CHECK(parsed.lines[0].Tag("a") == "x ,=y");
  CHECK(parsed.lines[0].Field("i") == FieldValue(std::int64_t{-5}));
  CHECK(parsed.lines[0].Field("f") == FieldValue(1.5e-07));
  CHECK(parsed.lines[0].Field("b") == FieldValue(true));
  CHECK(parsed.lines[0].time_ns == 12);
  CHECK(parsed.lines[1].time_ns == -3);
}

TEST_CASE("the parser refuses lines that some database refuses or reads otherwise") {
  const std::string line = GENERATE(as<std::string>{},                              //
                                    "\n", "# c\n", "#m f=1 1\n",                    // blank line, comment
                                    "m f=1 1", " m f=1 1\n", "m  f=1 1\n",          // ends and blanks
                                    "m f=1 1 \n", "m f=1 1\r\n", "m f=1\n",         //
                                    "m,a= f=1 1\n", "m,=x f=1 1\n",                 // empty names
                                    ",a=x f=1 1\n", "m =1 1\n", "m, f=1 1\n",       //
                                    "m,a f=1 1\n", "m,a=x=y f=1 1\n",               // tags
                                    "m,a=x,a=y f=1 1\n", "m,f=x f=1 1\n",           // keys twice
                                    "m f=1,f=2 1\n", "m,time=x f=1 1\n",            //
                                    "m,a=x\\y f=1 1\n", "m,a=x\\ f=1 1\n",          // backslashes
                                    "m,a=x\\\\ f=1 1\n", "m,a=x\t f=1 1\n",         //
                                    "m,a=\xff f=1 1\n", "m,a=x\x7f f=1 1\n",        // bytes
                                    "m f= 1\n", "m f=1u 1\n", "m f=\"s\" 1\n",      // values
                                    "m f=+1 1\n", "m f=.5 1\n", "m f=1. 1\n",       //
                                    "m f=1e 1\n", "m f=nan 1\n", "m f=inf 1\n",     //
                                    "m f=true 1\n", "m f=1.5i 1\n", "m f=i 1\n",    //
                                    "m f=9223372036854775808i 1\n", "m f=1,5 1\n",  //
                                    "m f=0x1 1\n", "m f=1 1.5\n", "m f=1 x\n",      // time stamps
                                    "m f=1 9223372036854775808\n");
  CAPTURE(line);
  CHECK_FALSE(LineProtocolParser::Parse(line).ok());
}

}  // namespace
}  // namespace vmtelem
