#include <algorithm>
#include <map>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/file.h>

#include "file_hooks.h"
#include "many_batches.h"

namespace vmtelem {
namespace {

TEST_CASE("more small batches than may be become a few, and every line is still there, in order") {
  ManyWorld world;
  const auto spool = world.Open();
  const SpoolChanges changes = ManyWorld::Join(*spool);
  CHECK(changes.recovered_lines == kFew + 1);
  CHECK(changes.losses.empty());
  CHECK(world.BatchFiles().size() < 4);
  CHECK(spool->stats().batches == world.BatchFiles().size());
  CHECK(spool->stats().lines == kFew + 1);
  CHECK(AllText(*spool) == SampleLines(0, kFew + 1).bytes);
  CHECK(world.BatchFiles().empty());
}

TEST_CASE("as many batches as may be are left as they are") {
  ManyWorld world(kFew);
  const auto spool = world.Open();
  ManyWorld::Join(*spool);
  CHECK(world.BatchFiles().size() == kFew);
}

TEST_CASE("what was joined is found by the next process, with the same lines") {
  ManyWorld world;
  ManyWorld::Join(*world.Open());
  const auto spool = world.Open();
  CHECK(spool->CatchUp().recovered_lines == kFew + 1);
  CHECK(AllText(*spool) == SampleLines(0, kFew + 1).bytes);
}

TEST_CASE("a joined batch is named after its first and last stamp and its lines, and is one gzip member") {
  ManyWorld world;
  const auto spool = world.Open();
  ManyWorld::Look(*spool);
  const auto name = ParseSpoolName(world.BatchFiles().at(0)).value();
  CHECK(name.first_wall_ns == 0);
  CHECK(name.last_wall_ns == static_cast<std::int64_t>(name.lines) - 1);
  CHECK(name.lines > kFew / 2);
  const auto text = Gunzip(ReadFileBytes(world.directory() / FormatSpoolName(name)), 1 << 20U);
  CHECK(text == SampleLines(0, name.lines).bytes);
}

TEST_CASE("one look at the spool makes one joined batch: a bounded piece of work") {
  ManyWorld world;
  for (std::size_t i = 0; i < 6; ++i) world.Leave(100'000 * (i + 1), 4'000);
  const auto spool = world.Open();
  const auto files = [&] { return world.BatchFiles().size(); };
  CHECK(files() == kFew + 7);
  ManyWorld::Look(*spool);
  CHECK(files() == 5);
  ManyWorld::Look(*spool);
  CHECK(files() == 4);
}

TEST_CASE("a batch that was sampled less than a minute ago is not joined") {
  ManyWorld world;
  const auto spool = world.Open();
  Lines lines = SampleLines(0, 1);
  lines.first_wall_ns = lines.last_wall_ns = world.clock.WallNowNs() - BatchJoiner::kSettledAfterNs + 1;
  const auto kept = spool->Add(std::make_shared<const Batch>(std::move(lines)));
  ManyWorld::Join(*spool);
  CHECK(spool->Take(kept.id));
}

TEST_CASE("a batch that was handed out is not joined") {
  ManyWorld world;
  const auto spool = world.Open();
  const auto sent = spool->Next();
  ManyWorld::Join(*spool);
  CHECK(world.PathsLeft(0, 1) == 1);
  spool->Acknowledge(sent->id);
  CHECK(AllText(*spool) == SampleLines(1, kFew).bytes);
}

TEST_CASE("a file that a process waits for is not joined") {
  ManyWorld world;
  const auto spool = world.Open();
  const auto path = world.directory() / world.BatchFiles().at(10);
  const FileDescriptor waiting(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(::flock(waiting.get(), LOCK_SH) == 0);
  ManyWorld::Join(*spool);
  CHECK(std::filesystem::exists(path));
  CHECK(world.BatchFiles().size() < 4);
}

TEST_CASE("a damaged file is no part, costs no other, and is set aside when its turn comes") {
  ManyWorld world;
  const auto path = world.directory() / world.BatchFiles().at(10);
  WriteFileBytes(path, "junk");
  const auto spool = world.Open();
  CHECK(ManyWorld::Join(*spool).losses.empty());
  CHECK(spool->stats().lines == kFew + 1);
  const std::string text = AllText(*spool);
  CHECK(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) == kFew);
  CHECK(LinesLost(spool->CatchUp()) == 1);
  CHECK(NamesIn(world.directory() / "damaged").size() == 1);
}

TEST_CASE("a file that vanished is a loss of its own, and the others are joined") {
  ManyWorld world;
  const auto spool = world.Open();
  std::filesystem::remove(world.directory() / world.BatchFiles().back());
  ManyWorld::Join(*spool);
  CHECK(spool->stats().lines == kFew + 1);
  AllText(*spool);
  CHECK(LinesLost(spool->CatchUp()) == 1);
}

TEST_CASE("a joined batch has no more text than a batch that is sealed") {
  ManyWorld world;
  for (std::size_t i = 0; i < 6; ++i) world.Leave(100'000 + i, 1, std::string(1'300'000, 'x'));
  const auto spool = world.Open();
  ManyWorld::Join(*spool);
  std::size_t most = 0;
  while (const auto next = spool->Next()) most = std::max(most, next->batch->bytes().size());
  CHECK(most <= JoinLimits().max_text_bytes);
  CHECK(most > 2'600'000);
}

TEST_CASE("a batch with more than half of the text is passed over, and the others around it are joined") {
  ManyWorld world;
  world.Leave(kFew / 2 + 500'000, 1, std::string(2'200'000, 'x'));
  world.Leave(kFew / 2 + 500'001);
  const auto spool = world.Open();
  ManyWorld::Join(*spool);
  CHECK(world.BatchFiles().size() < 4);
  CHECK(world.PathsLeft(kFew / 2 + 500'000, 2) == 1);
}

TEST_CASE("a joined batch that cannot be written costs nothing, and is tried again later") {
  ManyWorld world;
  const auto spool = world.Open();
  file_hooks::FailFileSync(EIO);
  ManyWorld::Look(*spool);
  CHECK(world.BatchFiles().size() == kFew + 1);
  CHECK(spool->stats().durable);
  file_hooks::Reset();
  ManyWorld::Look(*spool);
  CHECK(world.BatchFiles().size() == kFew + 1);
  world.clock.Advance(BatchJoiner::kPause);
  ManyWorld::Join(*spool);
  CHECK(world.BatchFiles().size() < 4);
  CHECK(AllText(*spool) == SampleLines(0, kFew + 1).bytes);
}

TEST_CASE("parts are removed only when the joined batch is durable") {
  ManyWorld world;
  const auto spool = world.Open();
  std::size_t files_at_rename = 0;
  file_hooks::BeforeRename([&] { files_at_rename = world.BatchFiles().size(); });
  ManyWorld::Look(*spool);
  CHECK(files_at_rename == kFew + 1);
  CHECK(file_hooks::Calls() == std::vector<std::string>{"sync file", "rename", "sync directory"});
}

TEST_CASE("what was joined is not joined again with each batch that comes") {
  ManyWorld world;
  const auto spool = world.Open();
  ManyWorld::Join(*spool);
  const auto joined = world.BatchFiles();
  for (std::size_t i = 0; i < 20; ++i) {
    spool->Add(SampleBatch(900'000 + i, 1));
    ManyWorld::Look(*spool);
  }
  CHECK(world.BatchFiles().size() == joined.size() + 20);
}

TEST_CASE("nothing is joined while a batch is only in memory, also one that was handed out") {
  ManyWorld world;
  const auto spool = world.Open();
  file_hooks::FailFileSync(EIO);
  const auto sent = spool->Take(spool->Add(SampleBatch(900'000, 1)).id);
  file_hooks::Reset();
  ManyWorld::Join(*spool);
  CHECK(world.BatchFiles().size() == kFew + 1);
  spool->Acknowledge(sent->id);
  ManyWorld::Join(*spool);
  CHECK(world.BatchFiles().size() < 4);
}

TEST_CASE("what changed is told without joining, which may take long") {
  ManyWorld world;
  const auto spool = world.Open();
  for (int i = 0; i < 3; ++i) spool->CatchUp();
  CHECK(world.BatchFiles().size() == kFew + 1);
}

TEST_CASE("joining is told once when it is done") {
  ManyWorld world;
  const auto spool = world.Open();
  ManyWorld::Join(*spool);
  CHECK_THAT(world.log(), Catch::Contains(std::to_string(kFew + 1) + " batch files joined to "));
}

}  // namespace
}  // namespace vmtelem
