#include "encode/names.h"

#include <catch2/catch.hpp>

#include "base/utf8.h"

namespace vmtelem {
namespace {

std::string Repeat(std::string_view text, std::size_t times) {
  std::string repeated;
  for (std::size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

struct Row {
  std::string name, repaired, tag;
};

const Row kRows[] = {
    {"web", "web", ",vm=web"},
    {"", "", ""},
    {" ", " ", R"(,vm=\ )"},
    {"web 01", "web 01", R"(,vm=web\ 01)"},
    {" web ", " web ", R"(,vm=\ web\ )"},
    {"linux guest=1,x", "linux guest=1,x", R"(,vm=linux\ guest\=1\,x)"},
    {",", ",", R"(,vm=\,)"},
    {"=", "=", R"(,vm=\=)"},
    {",,==  ", ",,==  ", R"(,vm=\,\,\=\=\ \ )"},
    {"#web", "#web", ",vm=#web"},
    {"say \"hi\"", "say \"hi\"", R"(,vm=say\ "hi")"},
    {"it's", "it's", ",vm=it's"},
    {"a/b:c", "a/b:c", ",vm=a/b:c"},
    {R"(a\b)", "a/b", ",vm=a/b"},
    {R"(a\)", "a/", ",vm=a/"},
    {R"(\)", "/", ",vm=/"},
    {R"(a\,b)", "a/,b", R"(,vm=a/\,b)"},
    {R"(a\\ b)", "a// b", R"(,vm=a//\ b)"},
    {"a\nb", "a_b", ",vm=a_b"},
    {"a\r\n", "a__", ",vm=a__"},
    {"a\tb", "a_b", ",vm=a_b"},
    {std::string("a\0b", 3), "a_b", ",vm=a_b"},
    {std::string("\0", 1), "_", ",vm=_"},
    {"\x01\x1f\x7f", "___", ",vm=___"},
    {"büro-vm", "büro-vm", ",vm=büro-vm"},
    {"仮想マシン", "仮想マシン", ",vm=仮想マシン"},
    {"🚀", "🚀", ",vm=🚀"},
    {"nb\u00a0sp", "nb\u00a0sp", ",vm=nb\u00a0sp"},
    {"line\u2028end", "line\u2028end", ",vm=line\u2028end"},
    {"b\xfcro", "b\ufffdro", ",vm=b\ufffdro"},
    {"\xff\xfe", "\ufffd\ufffd", ",vm=\ufffd\ufffd"},
    {"a\xc3", "a\ufffd", ",vm=a\ufffd"},
    {"\xed\xa0\x80", "\ufffd\ufffd\ufffd", ",vm=\ufffd\ufffd\ufffd"},
    {"\xc0\xaf", "\ufffd\ufffd", ",vm=\ufffd\ufffd"},
    {Repeat("x", 256), Repeat("x", 256), ",vm=" + Repeat("x", 256)},
    {Repeat("x", 257), Repeat("x", 256), ",vm=" + Repeat("x", 256)},
    {"x" + Repeat("ü", 128), "x" + Repeat("ü", 127), ",vm=x" + Repeat("ü", 127)},
    {"xx" + Repeat("🚀", 64), "xx" + Repeat("🚀", 63), ",vm=xx" + Repeat("🚀", 63)},
    {Repeat(" ", 300), Repeat(" ", 256), ",vm=" + Repeat("\\ ", 256)},
    {Repeat("\xff", 300), Repeat("\ufffd", 85), ",vm=" + Repeat("\ufffd", 85)},
};

TEST_CASE("names as they are written and as tags") {
  for (const Row& row : kRows) {
    CAPTURE(row.name);
    CHECK(RepairName(row.name) == row.repaired);
    std::string tag;
    AppendTag(tag, "vm", RepairName(row.name));
    CHECK(tag == row.tag);
  }
}

TEST_CASE("a repaired name stays as it is when it is repaired again") {
  for (const Row& row : kRows) CHECK(RepairName(RepairName(row.name)) == RepairName(row.name));
}

TEST_CASE("every byte that is no letter becomes one that may stand in a tag") {
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const std::string repaired = RepairName(std::string(1, static_cast<char>(byte)));
    CHECK(RepairUtf8(repaired) == repaired);
    CHECK(repaired.find('\\') == std::string::npos);
    CHECK((repaired.size() > 1 || (repaired[0] >= 0x20 && repaired[0] != 0x7f)));
  }
}

}  // namespace
}  // namespace vmtelem
