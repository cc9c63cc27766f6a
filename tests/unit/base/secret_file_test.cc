#include "base/secret_file.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <sys/stat.h>

namespace vmtelem {
namespace {

class TokenFile {
 public:
  explicit TokenFile(const std::string& content, mode_t mode = 0600) {
    path_ = (std::filesystem::temp_directory_path() / "vmtelem-secret-XXXXXX").string();
    const int fd = ::mkstemp(path_.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    std::ofstream(path_) << content;
    REQUIRE(::chmod(path_.c_str(), mode) == 0);
  }
  ~TokenFile() { std::filesystem::remove(path_); }
  TokenFile(const TokenFile&) = delete;
  TokenFile& operator=(const TokenFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST_CASE("the line end at the end of a token file is not part of the token") {
  for (const char* content : {"abc", "abc\n", "abc\r\n"}) {
    const TokenFile file(content);
    CHECK(ReadSecretFile(file.path())->secret.Reveal() == "abc");
  }
}

TEST_CASE("a byte order mark before the token is not part of it") {
  for (const char* content : {"\xEF\xBB\xBFtok", "\xEF\xBB\xBFtok\r\n"}) {
    CHECK(ReadSecretFile(TokenFile(content).path())->secret.Reveal() == "tok");
  }
}

TEST_CASE("a token file in UTF-16 is refused by that name") {
  for (const auto& content : {std::string("\xFF\xFEt\0o\0", 6), std::string("\xFE\xFF\0t\0o", 6)}) {
    const auto result = ReadSecretFile(TokenFile(content).path());
    REQUIRE_FALSE(result);
    CHECK_THAT(result.error().message, Catch::Contains("is UTF-16"));
  }
}

TEST_CASE("a token file that others may read is reported as such") {
  CHECK_FALSE(ReadSecretFile(TokenFile("abc", 0600).path())->readable_by_others);
  CHECK(ReadSecretFile(TokenFile("abc", 0644).path())->readable_by_others);
}

TEST_CASE("the error about a file without a usable token names the file and not its content") {
  const auto content = GENERATE(values<std::string>(
      {"", "\n", "\xEF\xBB\xBF", "s3cr3t\rtwo\r", "s3cr3t\ntwo", "s3cr3t\x01", "s3cr3t" + std::string(70'000, 's')}));
  const TokenFile file(content);
  const auto result = ReadSecretFile(file.path());
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == ErrorCode::kInvalid);
  CHECK_THAT(result.error().message, Catch::Contains(file.path()));
  CHECK_THAT(result.error().message, !Catch::Contains("s3cr3t"));
}

TEST_CASE("a token file that is missing or a directory is an error") {
  CHECK_FALSE(ReadSecretFile("/nonexistent/token").has_value());
  CHECK_FALSE(ReadSecretFile("/").has_value());
}

}  // namespace
}  // namespace vmtelem
