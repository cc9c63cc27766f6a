#include <cerrno>

#include <catch2/catch.hpp>

#include "base/gzip.h"
#include "file_hooks.h"
#include "spool/damaged_files.h"
#include "spool_world.h"

namespace vmtelem {
namespace {

// A spool of three batches, the second of which something happens to.
class DamageWorld : public SpoolWorld {
 public:
  DamageWorld() {
    std::filesystem::create_directories(directory());
    for (const int first : {100, 200, 300}) {
      const std::string bytes = SampleLines(static_cast<std::size_t>(first), 3).bytes;
      const SpoolName batch{first, first + 2, 1, 3};
      WriteFileBytes(directory() / FormatSpoolName(batch), GzipCompressor().Compress(bytes).value());
    }
    name = BatchFiles().at(1);
    path = directory() / name;
    whole = ReadFileBytes(path);
  }

  // The other two come out, the second is lost and accounted for. The reason.
  std::string CheckOnlyThisLost() {
    const auto spool = Open();
    const std::size_t recovered = spool->CatchUp().recovered_lines;
    CHECK(Drain(*spool) == std::vector<std::int64_t>{100, 300});
    const SpoolChanges changes = spool->CatchUp();
    REQUIRE(changes.losses.size() == 1);
    CHECK(changes.losses[0].lines == 3);
    CHECK(changes.losses[0].durable);
    CHECK(changes.losses[0].first_wall_ns == 200);
    CHECK(changes.losses[0].last_wall_ns == 202);
    CHECK_THAT(changes.losses[0].reason, Catch::Contains(name));
    CHECK(recovered == 9);
    CHECK(spool->stats().lines == 0);
    return changes.losses[0].reason;
  }

  std::string name;
  std::filesystem::path path;
  std::string whole;
};

TEST_CASE("a file cut at any byte costs its batch and no other") {
  for (std::size_t size = 0;; ++size) {
    DamageWorld world;
    if (size == world.whole.size()) break;
    CAPTURE(size);
    WriteFileBytes(world.path, world.whole.substr(0, size));
    world.CheckOnlyThisLost();
  }
}

TEST_CASE("a file with any byte altered gives its own batch or none") {
  for (std::size_t at = 0;; ++at) {
    DamageWorld world;
    if (at == world.whole.size()) break;
    std::string altered = world.whole;
    altered[at] = static_cast<char>(~altered[at]);
    WriteFileBytes(world.path, altered);
    const auto spool = world.Open();
    std::vector<std::string> texts;
    while (const auto next = spool->Next()) texts.push_back(next->batch->bytes());
    CAPTURE(at);
    REQUIRE(texts.front() == SampleLines(100, 3).bytes);
    REQUIRE(texts.back() == SampleLines(300, 3).bytes);
    const bool lost = texts.size() == 2;
    CHECK((lost || texts.at(1) == SampleLines(200, 3).bytes));
    CHECK(LinesLost(spool->CatchUp()) == (lost ? 3 : 0));
  }
}

TEST_CASE("a file that vanished while the spool was closed is not missed") {
  DamageWorld world;
  std::filesystem::remove(world.path);
  const auto spool = world.Open();
  CHECK(spool->CatchUp().recovered_lines == 6);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100, 300});
  CHECK(spool->CatchUp().losses.empty());
}

TEST_CASE("a file that somebody removes while it waits is a loss, with the reason") {
  DamageWorld world;
  const auto spool = world.Open();
  spool->CatchUp();
  std::filesystem::remove(world.path);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100, 300});
  const SpoolChanges changes = spool->CatchUp();
  REQUIRE(changes.losses.size() == 1);
  CHECK(changes.losses[0].lines == 3);
  CHECK_THAT(changes.losses[0].reason, Catch::Contains(world.name + " is gone"));
}

TEST_CASE("a damaged file is moved aside as it is, and the reason says which, why and where to") {
  DamageWorld world;
  WriteFileBytes(world.path, "junk");
  const std::string reason = world.CheckOnlyThisLost();
  CHECK(ReadFileBytes(world.directory() / "damaged" / world.name) == "junk");
  CHECK_THAT(reason, Catch::StartsWith(world.path.string() + " is cut short or altered") &&
                         Catch::EndsWith("was moved to damaged/"));
  CHECK(world.BatchFiles().empty());
}

TEST_CASE("an empty file, as a power cut leaves it, is damaged") {
  DamageWorld world;
  WriteFileBytes(world.path, "");
  CHECK_THAT(world.CheckOnlyThisLost(), Catch::Contains("is empty"));
}

TEST_CASE("a file with fewer lines than its name says is damaged") {
  DamageWorld world;
  WriteFileBytes(world.path, GzipCompressor().Compress(SampleLines(200, 2).bytes).value());
  CHECK_THAT(world.CheckOnlyThisLost(), Catch::Contains("holds 2 lines and not the 3 in its name"));
}

TEST_CASE("a file whose last line is not ended is damaged") {
  DamageWorld world;
  WriteFileBytes(world.path, GzipCompressor().Compress(SampleLines(200, 3).bytes + "m v=").value());
  world.CheckOnlyThisLost();
}

TEST_CASE("a file that expands to more than 64 MiB is damaged") {
  DamageWorld world;
  std::string text((std::size_t{64} << 20U) - 2, 'x');
  WriteFileBytes(world.path, GzipCompressor().Compress(text + "\n\n\n").value());
  world.CheckOnlyThisLost();
}

TEST_CASE("a medium that fails once costs nothing") {
  DamageWorld world;
  const auto spool = world.Open();
  file_hooks::FailReads(EIO, 1);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100, 200, 300});
  CHECK(spool->CatchUp().losses.empty());
}

TEST_CASE("a file that its medium does not give for a moment stays, holds nobody up, and is tried again") {
  DamageWorld world;
  const auto spool = world.Open();
  file_hooks::FailReads(EIO, 4);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{300});
  CHECK(spool->stats().lines == 6);
  CHECK_THAT(world.log(), Catch::Contains("cannot be read: Input/output error; it stays there and is tried again"));
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100, 200});
  CHECK(spool->CatchUp().losses.empty());
}

TEST_CASE("a file that its medium does not give again and again is damaged, but not within a moment") {
  DamageWorld world;
  const auto spool = world.Open();
  spool->CatchUp();
  file_hooks::FailReads(EIO, 1000);
  for (int i = 0; i < 5; ++i) Drain(*spool);
  CHECK(LinesLost(spool->CatchUp()) == 0);
  world.clock.Advance(ReadRetries::kPatience);
  Drain(*spool);
  file_hooks::Reset();
  CHECK(LinesLost(spool->CatchUp()) == 9);
  CHECK(NamesIn(world.directory() / "damaged").size() == 3);
}

TEST_CASE("damaged files are kept up to a number, the oldest go") {
  SpoolWorld world;
  world.Open();
  for (std::uint64_t i = 0; i < DamagedFiles::kMaxFiles + 5; ++i) {
    WriteFileBytes(world.directory() / FormatSpoolName({1000 + static_cast<std::int64_t>(i), 2000, i, 1}), "junk");
  }
  const auto spool = world.Open();
  CHECK_FALSE(spool->Next());
  const auto kept = NamesIn(world.directory() / "damaged");
  CHECK(kept.size() == DamagedFiles::kMaxFiles);
  CHECK_THAT(*kept.begin(), Catch::StartsWith("1005-"));
  CHECK(LinesLost(spool->CatchUp()) == DamagedFiles::kMaxFiles + 5);
}

TEST_CASE("damaged files are kept up to a size, the oldest go") {
  SpoolWorld world;
  world.Open();
  const std::string junk(DamagedFiles::kMaxBytes / 2, 'x');
  for (std::uint64_t i = 0; i < 3; ++i) WriteFileBytes(world.directory() / FormatSpoolName({5, 6, i, 1}), junk);
  CHECK_FALSE(world.Open()->Next());
  CHECK(NamesIn(world.directory() / "damaged").size() == 2);
}

TEST_CASE("a damaged file that is larger than all that may be kept is removed") {
  SpoolWorld world;
  world.Open();
  WriteFileBytes(world.directory() / FormatSpoolName({5, 6, 7, 1}), std::string(DamagedFiles::kMaxBytes + 1, 'x'));
  const auto spool = world.Open();
  CHECK_FALSE(spool->Next());
  CHECK(NamesIn(world.directory() / "damaged").empty());
  CHECK(world.BatchFiles().empty());
  CHECK_THAT(spool->CatchUp().losses.at(0).reason, Catch::Contains("was removed"));
}

// A file that can be no batch, since it is larger than any: by default without a block on the disk.
std::string LeaveTooLarge(const SpoolWorld& world, bool sparse = true) {
  const std::string name = FormatSpoolName({5, 6, 7, 1000});
  WriteFileBytes(world.directory() / name, sparse ? "" : std::string(DamagedFiles::kMaxBytes + 1, 'x'));
  std::filesystem::resize_file(world.directory() / name, std::uintmax_t{5} << 30U);
  return name;
}

TEST_CASE("a file that is larger than any batch counts for nothing, and costs no other its place") {
  DamageWorld world;
  LeaveTooLarge(world);
  world.delivery.spool_max_bytes = 1 << 20;
  const auto spool = world.Open();
  CHECK(spool->Add(SampleBatch(400, 3)).durable);
  const SpoolChanges changes = spool->CatchUp();
  CHECK(changes.recovered_lines == 9);
  CHECK(changes.losses.empty());
  CHECK(spool->stats().lines == 12);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100, 200, 300, 400});
  CHECK(spool->CatchUp().losses.empty());
}

TEST_CASE("a file that is larger than any batch is set aside when it is found, and told once") {
  DamageWorld world;
  const std::string name = LeaveTooLarge(world);
  const auto spool = world.Open();
  CHECK(NamesIn(world.directory() / "damaged") == std::set<std::string>{name});
  CHECK_THAT(world.log(), Catch::Contains(name + " is larger than 64 MiB, so it can be no batch, and was moved"));
}

TEST_CASE("a file that is larger than any batch is set aside also when it comes later") {
  DamageWorld world;
  const auto spool = world.Open();
  const std::string name = LeaveTooLarge(world);
  CHECK(spool->CatchUp().recovered_lines == 9);
  CHECK(NamesIn(world.directory() / "damaged") == std::set<std::string>{name});
}

TEST_CASE("a file that is too large for damaged/ and no batch stays where it is, and is told once") {
  DamageWorld world;
  file_hooks::FailInotify(EMFILE);  // so that the directory is listed again
  const std::string name = LeaveTooLarge(world, false);
  const auto spool = world.Open();
  file_hooks::Reset();
  for (int i = 0; i < 3; ++i) {
    world.clock.Advance(DirectoryWatch::kInterval);
    WriteFileBytes(world.directory() / std::to_string(i), "");
    spool->CatchUp();
  }
  CHECK(NamesIn(world.directory()).count(name) == 1);
  const std::string log = world.log();
  CHECK(log.find("so it can be no batch, and is left there") == log.rfind("so it can be no batch"));
  CHECK(Drain(*spool).size() == 3);
}

TEST_CASE("what is in damaged/ is bounded by the disk space it takes: a sparse file makes no other go") {
  DamageWorld world;
  LeaveTooLarge(world);
  WriteFileBytes(world.path, "junk");
  Drain(*world.Open());
  WriteFileBytes(world.directory() / FormatSpoolName({400, 401, 7, 1}), "junk");
  Drain(*world.Open());
  CHECK(NamesIn(world.directory() / "damaged").size() == 3);
}

TEST_CASE("a file that is larger than any batch counts for nothing in the directory of another target") {
  DamageWorld world;
  LeaveTooLarge(world);
  world.delivery.spool_max_bytes = 1 << 20;
  CHECK(world.Open("v3_other")->Add(SampleBatch(400, 3)).durable);
}

}  // namespace
}  // namespace vmtelem
