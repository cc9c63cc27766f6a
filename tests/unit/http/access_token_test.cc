#include "http/access_token.h"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "fakes/null_logger.h"
#include "fakes/temporary_directory.h"

namespace vmtelem {
namespace {

// A token file and what is made of it.
struct TokenInFile {
  TemporaryDirectory directory;
  std::string path = directory.path() / "token";
  AccessToken token{path, MakeNullLogger()};

  std::string After(const std::string& content) {
    WriteFileBytes(path, content);
    return Now();
  }
  std::string Now() { return token.Current() ? token.Current()->Reveal() : "nobody"; }
};

}  // namespace

TEST_CASE("the end of the line and a byte order mark are no part of the token") {
  TokenInFile file;
  CHECK(file.After("T") == "T");
  CHECK(file.After("T\n") == "T");
  CHECK(file.After("T\r\n") == "T");
  CHECK(file.After("T\n\n") == "T");
  CHECK(file.After("\xEF\xBB\xBFT\n") == "T");
}

TEST_CASE("a file without a token lets nobody in") {
  TokenInFile file;
  CHECK(file.Now() == "nobody");
  CHECK(file.After("") == "nobody");
  CHECK(file.After("\n") == "nobody");
  CHECK(file.After("\r\n\r\n") == "nobody");
  CHECK(file.After("one\ntwo\n") == "nobody");
}

TEST_CASE("a new token counts at once, whether it is written over the old one or put in its place") {
  TokenInFile file;
  CHECK(file.After("old\n") == "old");
  CHECK(file.After("new\n") == "new");
  WriteFileBytes(file.path + ".next", "abc\n");
  std::filesystem::rename(file.path + ".next", file.path);
  CHECK(file.Now() == "abc");
}

TEST_CASE("a token of the same length counts at once, however fast it follows the one before") {
  TokenInFile file;
  for (int i = 100; i < 200; ++i) CHECK(file.After(std::to_string(i)) == std::to_string(i));
}

TEST_CASE("a token file that is taken away lets nobody in until it is back") {
  TokenInFile file;
  CHECK(file.After("T") == "T");
  std::filesystem::remove(file.path);
  CHECK(file.Now() == "nobody");
  CHECK(file.After("T") == "T");
}

TEST_CASE("a FIFO or a directory in the place of a token file is not waited for") {
  TokenInFile file;
  REQUIRE(::mkfifo(file.path.c_str(), 0600) == 0);
  CHECK(file.Now() == "nobody");
  std::filesystem::remove(file.path);
  std::filesystem::create_directory(file.path);
  CHECK(file.Now() == "nobody");
}

TEST_CASE("without a file there is no token") {
  AccessToken none("", MakeNullLogger());
  CHECK_FALSE(none.has_file());
  CHECK_FALSE(none.Current());
}

TEST_CASE("a token is right only as a whole") {
  const Secret token("abcd");
  CHECK(IsSameToken("abcd", token));
  const char* const wrong =
      GENERATE("", "a", "ab", "abc", "abcde", "abcdabcd", "abcD", "xbcd", " abcd", "abcd ", "abcd.");
  CAPTURE(wrong);
  CHECK_FALSE(IsSameToken(wrong, token));
}

TEST_CASE("an empty token is never right") {
  CHECK_FALSE(IsSameToken("", Secret()));
  CHECK_FALSE(IsSameToken("a", Secret()));
}

}  // namespace vmtelem
