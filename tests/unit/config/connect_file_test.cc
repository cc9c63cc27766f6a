#include "config/connect_file.h"

#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/stat.h>

#include "config_fixture.h"

namespace vmtelem {
namespace {

using Strings = std::vector<std::string>;

// "NAME=URI" of each entry, or "URI" for one without a name.
Strings Entries(const ConnectFile& file) {
  Strings entries;
  for (const auto& [hypervisor, line] : file.entries) {
    entries.push_back(hypervisor.name.empty() ? hypervisor.uri : hypervisor.name + "=" + hypervisor.uri);
  }
  return entries;
}

ConnectFile Parse(std::string_view text) { return ParseConnectFile(text, "hosts"); }

}  // namespace

TEST_CASE("a connect file names a hypervisor a line, in its order") {
  const ConnectFile file = Parse("b=qemu:///system\ntest:///default\n");
  CHECK(Entries(file) == Strings{"b=qemu:///system", "test:///default"});
  REQUIRE(file.entries.size() == 2);
  CHECK(file.entries[1].line == 2);
  CHECK(file.faults.empty());
}

TEST_CASE("the last line of a connect file need not end") {
  CHECK(Entries(Parse("a:///x\nb:///y")) == Strings{"a:///x", "b:///y"});
}

TEST_CASE("comments and blank lines of a connect file say nothing") {
  CHECK(Entries(Parse("# b:///y\n\n \t\n  # c\na:///x # home\nd:///z\t#\n")) == Strings{"a:///x", "d:///z"});
}

TEST_CASE("a number sign without white space before it belongs to the URI") {
  CHECK(Entries(Parse("a:///x#y\n")) == Strings{"a:///x#y"});
}

TEST_CASE("white space around a hypervisor is cut") { CHECK(Entries(Parse("\t a:///x \t\n")) == Strings{"a:///x"}); }

TEST_CASE("lines of a connect file may end with CR LF") {
  CHECK(Entries(Parse("a:///x\r\n\r\nb:///y # c\r\n")) == Strings{"a:///x", "b:///y"});
}

TEST_CASE("a byte order mark of UTF-8 before the first hypervisor is skipped") {
  CHECK(Entries(Parse("\xEF\xBB\xBF"
                      "a:///x\n")) == Strings{"a:///x"});
}

TEST_CASE("a connect file in UTF-16 is refused") {
  CHECK(Parse(std::string_view("\xFF\xFE"
                               "a\0:\0",
                               6))
            .faults == Strings{"hosts is UTF-16; save it as UTF-8"});
}

TEST_CASE("every faulty line of a connect file is reported with its place and without its text") {
  const ConnectFile file = Parse("qemu://joe:pw@h/x y\n=a:///x\nok:///x\nnonsense\nb\x01:///y\n");
  CHECK(file.faults == Strings{"hosts:1: the line holds white space, which is %20 in a URI",
                               "hosts:2: the line has an empty name before '='",
                               "hosts:4: the line is not a URI such as qemu:///system",
                               "hosts:5: the line holds a control character"});
}

TEST_CASE("a carriage return within a line is no line end") {
  CHECK(Parse("a:///x\rb:///y\n").faults == Strings{"hosts:1: the line holds white space, which is %20 in a URI"});
}

TEST_CASE("a connect file that names no hypervisor is refused") {
  const std::string text = GENERATE("", "\n", "# a:///x\n");
  CHECK(Parse(text).faults == Strings{"hosts names no hypervisor"});
}

TEST_CASE("a connect file is read from the disk") {
  const ScopedDirectory directory;
  CHECK(Entries(ReadConnectFile(directory.Write("hosts", "a:///x\n"))) == Strings{"a:///x"});
}

TEST_CASE("a connect file that is not there is refused") {
  CHECK(ReadConnectFile("/nonexistent/hosts").faults ==
        Strings{"cannot read /nonexistent/hosts: No such file or directory"});
}

TEST_CASE("a directory is no connect file") {
  const ScopedDirectory directory;
  CHECK(ReadConnectFile(directory.path()).faults ==
        Strings{fmt::format("cannot read {}: Is a directory", directory.path())});
}

TEST_CASE("a connect file of 1 MiB is read, a larger one is refused") {
  const ScopedDirectory directory;
  std::string text = "a:///x\n#";
  text.resize(std::size_t{1} << 20U, 'x');
  CHECK(Entries(ReadConnectFile(directory.Write("most", text))) == Strings{"a:///x"});
  const std::string path = directory.Write("more", text + "x");
  CHECK(ReadConnectFile(path).faults == Strings{path + " is larger than 1 MiB"});
}

TEST_CASE("a FIFO that nobody writes to is not waited for") {
  const ScopedDirectory directory;
  const std::string path = directory.path() + "/hosts";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(ReadConnectFile(path).faults == Strings{path + " names no hypervisor"});
}

}  // namespace vmtelem
