#include "spool/dead_letters.h"

#include <memory>

#include <catch2/catch.hpp>

#include "fakes/temporary_directory.h"

namespace vmtelem {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'500'000'000;  // 2023-11-14T22:13:20.5Z

class LetterWorld {
 public:
  LetterWorld() : directory_(*OpenOrMakeDirectory(temporary_.path().string())) {}

  std::error_code Keep(const std::string& line, const std::string& reason = "why") {
    return letters_->Keep(directory_, line, reason, kNow);
  }
  [[nodiscard]] std::uint64_t displaced_lines() const { return letters_->displaced_lines(); }
  void Restart() { letters_ = std::make_unique<DeadLetters>(); }
  [[nodiscard]] std::filesystem::path folder() const { return temporary_.path() / "rejected"; }
  [[nodiscard]] std::string Text(const std::string& name) const { return ReadFileBytes(folder() / name); }

 private:
  TemporaryDirectory temporary_;
  FileDescriptor directory_;
  std::unique_ptr<DeadLetters> letters_ = std::make_unique<DeadLetters>();
};

TEST_CASE("a rejected line is kept below the time and the reason") {
  LetterWorld world;
  REQUIRE_FALSE(world.Keep("m v=1i 1", "type conflict"));
  REQUIRE_FALSE(world.Keep("m v=2i 2", "too old"));
  CHECK(world.Text("00000001.lp") ==
        "# 2023-11-14T22:13:20Z type conflict\nm v=1i 1\n# 2023-11-14T22:13:20Z too old\nm v=2i 2\n");
}

TEST_CASE("a reason of several lines becomes one") {
  LetterWorld world;
  REQUIRE_FALSE(world.Keep("m v=1i 1", "one\ntwo\r\x1b[31mthree"));
  CHECK(world.Text("00000001.lp") == "# 2023-11-14T22:13:20Z one\\u000atwo\\u000d\\u001b[31mthree\nm v=1i 1\n");
}

TEST_CASE("another process goes on with the last file") {
  LetterWorld world;
  world.Keep("first");
  world.Restart();
  world.Keep("second");
  CHECK(NamesIn(world.folder()) == std::set<std::string>{"00000001.lp"});
  CHECK_THAT(world.Text("00000001.lp"), Catch::Contains("first") && Catch::Contains("second"));
}

TEST_CASE("a file that is full is followed by the next") {
  LetterWorld world;
  world.Keep(std::string(DeadLetters::kMaxFileBytes - 100, 'x'));
  world.Keep(std::string(100, 'y'));
  CHECK(NamesIn(world.folder()) == std::set<std::string>{"00000001.lp", "00000002.lp"});
}

TEST_CASE("the oldest files go, so that rejected lines are bounded") {
  LetterWorld world;
  for (std::size_t i = 0; i < DeadLetters::kMaxFiles + 3; ++i) world.Keep(std::string(600'000, 'x'));
  const auto names = NamesIn(world.folder());
  CHECK(names.size() == DeadLetters::kMaxFiles);
  CHECK(*names.begin() == "00000004.lp");
}

TEST_CASE("the lines that gave way to newer ones are counted") {
  LetterWorld world;
  for (std::size_t i = 0; i < DeadLetters::kMaxFiles; ++i) {
    world.Keep(std::string(1000, 'x'));
    world.Keep(std::string(DeadLetters::kMaxFileBytes - 2000, 'y'));
  }
  CHECK(world.displaced_lines() == 0);
  world.Keep(std::string(1500, 'z'));
  CHECK(world.displaced_lines() == 2);
}

TEST_CASE("a line that is longer than a file may be is kept whole") {
  LetterWorld world;
  const std::string line(3 * DeadLetters::kMaxFileBytes, 'x');
  REQUIRE_FALSE(world.Keep(line));
  CHECK_THAT(world.Text("00000001.lp"), Catch::EndsWith(line + "\n"));
}

TEST_CASE("what people put beside the rejected lines stays") {
  LetterWorld world;
  std::filesystem::create_directory(world.folder());
  WriteFileBytes(world.folder() / "notes.lp", "mine");
  for (std::size_t i = 0; i < DeadLetters::kMaxFiles + 3; ++i) world.Keep(std::string(600'000, 'x'));
  CHECK(world.Text("notes.lp") == "mine");
}

TEST_CASE("rejected lines are kept also after somebody removed the folder") {
  LetterWorld world;
  world.Keep("first");
  std::filesystem::remove_all(world.folder());
  REQUIRE_FALSE(world.Keep("second"));
  CHECK_THAT(world.Text("00000001.lp"), Catch::Contains("second") && !Catch::Contains("first"));
}

TEST_CASE("rejected lines are not added to a file that has another name besides, and its mode stays") {
  LetterWorld world;
  std::filesystem::create_directory(world.folder());
  const auto other = world.folder().parent_path() / "other";
  WriteFileBytes(other, "bytes");
  std::filesystem::permissions(other, std::filesystem::perms(0644));
  std::filesystem::create_hard_link(other, world.folder() / "00000001.lp");
  CHECK_FALSE(world.Keep("line"));
  CHECK_THAT(world.Text("00000002.lp"), Catch::Contains("line"));
  CHECK(ReadFileBytes(other) == "bytes");
  CHECK(std::filesystem::status(other).permissions() == std::filesystem::perms(0644));
}

TEST_CASE("a folder that cannot be made is an error") {
  LetterWorld world;
  WriteFileBytes(world.folder(), "a file");
  CHECK(world.Keep("line"));
}

}  // namespace
}  // namespace vmtelem
