#include "config/env_file.h"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "config_fixture.h"

namespace vmtelem {
namespace {

std::string OnlyValue(std::string_view line) {
  const EnvFile file = ParseEnvFile(line, "f");
  CAPTURE(line, file.faults);
  REQUIRE(file.faults.empty());
  REQUIRE(file.entries.size() == 1);
  CHECK(file.entries[0].name == "A");
  return file.entries[0].value;
}

}  // namespace

TEST_CASE("a value of an env-file is read") {
  struct Row {
    const char* line;
    const char* value;
  };
  const auto row =
      GENERATE(Row{"A=1", "1"}, Row{"A=", ""}, Row{"A=  ", ""}, Row{"A=one  ", "one"}, Row{"A='one two'", "one two"},
               Row{"  A=1", "1"}, Row{"A=x=y", "x=y"}, Row{"A=a#b", "a#b"}, Row{"A='a # b'", "a # b"},
               Row{"A=\"a # b\" ", "a # b"}, Row{"A='$HOME \\ \"'", "$HOME \\ \""},
               Row{"A=\"\\\"\\\\\\$\\`\"", "\"\\$`"}, Row{"A=\"a\\nb\"", "a\\nb"}, Row{"A=''", ""}, Row{"A=1\r\n", "1"},
               Row{"A='1'\r\n", "1"}, Row{"A=b\xC3\xBCro", "b\xC3\xBCro"});
  CHECK(OnlyValue(row.line) == row.value);
}

TEST_CASE("comments and blank lines of an env-file are skipped and still counted") {
  const EnvFile file = ParseEnvFile("# c\n; c\n\n   \n\tA=1\nB=2", "f");
  REQUIRE(file.entries.size() == 2);
  CHECK(file.entries[0].line == 5);
  CHECK(file.entries[1].line == 6);
  CHECK(file.faults.empty());
}

TEST_CASE("a line of an env-file that could be misread is refused with its place and without its value") {
  struct Row {
    const char* line;
    const char* problem;
  };
  const auto row = GENERATE(
      Row{"hunter2", "no '='"}, Row{"export A=hunter2", "'export'"}, Row{"A =hunter2", "before '='"},
      Row{"A= hunter2", "after '='"}, Row{"1A=hunter2", "variable name"}, Row{"=hunter2", "variable name"},
      Row{"A-B=hunter2", "variable name"}, Row{"A='hunter2", "not closed"}, Row{"A=\"hunter2\\\"", "not closed"},
      Row{"A='hunter2'x", "after the closing quote"}, Row{"A=hunter2 # note", "comment"}, Row{"A=hun'ter2", "quote"},
      Row{"A=hunter2\\", "backslash"}, Row{"A=$hunter2", "$"}, Row{"A=hunter2 two", "single quotes"},
      Row{"A=hunter2;x", "single quotes"}, Row{"A=hunter2|x", "single quotes"}, Row{"A=(hunter2)", "single quotes"},
      Row{"A=~hunter2", "single quotes"}, Row{"A=\"hunter2$x\"", "$"}, Row{"A=\"hunter2`x\"", "`"});
  CAPTURE(row.line);
  const EnvFile file = ParseEnvFile(std::string("# first\n") + row.line + "\nB=2\n", "/etc/f");
  REQUIRE(file.faults.size() == 1);
  CHECK_THAT(file.faults[0], Catch::StartsWith("/etc/f:2: ") && Catch::Contains(row.problem));
  CHECK_THAT(file.faults[0], !Catch::Contains("hunter2"));
  CHECK(file.entries.size() == 1);  // the line after it is still read
}

TEST_CASE("a byte order mark before an env-file is not part of its first line") {
  CHECK(OnlyValue("\xEF\xBB\xBF"
                  "A=1") == "1");
  CHECK(ParseEnvFile("\xEF\xBB\xBF# comment\nA=1\n", "f").faults.empty());
}

TEST_CASE("an env-file in UTF-16 is refused by that name") {
  for (const auto text : {std::string_view("\xFF\xFE\x41\0=\0", 6), std::string_view("\xFE\xFF\0\x41\0=", 6)}) {
    const EnvFile file = ParseEnvFile(text, "/etc/f");
    REQUIRE(file.faults.size() == 1);
    CHECK_THAT(file.faults[0], Catch::StartsWith("/etc/f is UTF-16"));
    CHECK(file.entries.empty());
  }
}

TEST_CASE("a carriage return in a line of an env-file is refused, since another line may hide behind it") {
  for (const char* const text : {"A=1\rB=hunter2\r", "# comment\rB=hunter2\n", "A='1\rB=hunter2'\n", "\rB=hunter2\n"}) {
    CAPTURE(text);
    const EnvFile file = ParseEnvFile(text, "/etc/f");
    REQUIRE(file.faults.size() == 1);
    CHECK(file.faults[0] == "/etc/f:1: a carriage return within the line; lines end with LF or CR LF");
    CHECK(file.entries.empty());
  }
  CHECK(OnlyValue("A=1\r\r\n") == "1");
}

TEST_CASE("a NUL byte in an env-file is refused") {
  CHECK(ParseEnvFile(std::string_view("A=1\0002", 5), "f").faults.size() == 1);
}

TEST_CASE("an env-file that cannot be read is a fault that names it") {
  const auto* const path = GENERATE("/nonexistent/env", "/");
  const EnvFile file = ReadEnvFile(path);
  REQUIRE(file.faults.size() == 1);
  CHECK_THAT(file.faults[0], Catch::StartsWith(std::string("cannot read ") + path + ": "));
}

TEST_CASE("an env-file that is a FIFO nobody writes to is not waited for") {
  const ScopedDirectory directory;
  const std::string path = directory.path() + "/env";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const EnvFile file = ReadEnvFile(path);
  CHECK(file.entries.empty());
  CHECK(file.faults.empty());
}

}  // namespace vmtelem
