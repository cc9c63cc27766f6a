#include "spool/unremoved_files.h"

#include <set>

#include <catch2/catch.hpp>

#include "fakes/fake_clock.h"
#include "file_hooks.h"
#include "spool_world.h"

namespace vmtelem {
namespace {

// So many files in one directory, of which some cannot be removed.
struct Files {
  explicit Files(std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) files.Add({i, i, 1, 1}, {.written = 1}, 0);
  }
  bool Remove(UnremovedFiles::Directory directory = 0) {
    const auto remove = [this](const SpoolName& name, const BatchOutcome& /*outcome*/) {
      clock.Advance(each_takes);
      if (name.first_wall_ns < stubborn) return false;
      removed.insert(name.first_wall_ns);
      return true;
    };
    return files.RemoveFrom(directory, remove, clock);
  }

  FakeClock clock;
  UnremovedFiles files;
  std::int64_t stubborn = 0;
  Nanoseconds each_takes{};
  std::set<std::int64_t> removed;
};

TEST_CASE("files that cannot be removed keep no others from being removed, however many they are") {
  Files world(60);
  world.stubborn = 40;
  for (int i = 0; i < 4; ++i) world.Remove();
  CHECK(world.removed.size() == 20);
}

TEST_CASE("a disk that refuses to remove any file is asked for a few at a time") {
  Files world(60);
  world.stubborn = 60;
  world.each_takes = std::chrono::milliseconds(1);
  const SteadyTime before = world.clock.SteadyNow();
  CHECK(world.Remove());
  CHECK(world.clock.SteadyNow() - before == UnremovedFiles::kMostRefusals * world.each_takes);
}

TEST_CASE("where removing takes long, a part is removed in one go, and the rest in the next ones") {
  Files world(30);
  world.each_takes = std::chrono::milliseconds(10);
  CHECK_FALSE(world.Remove());
  CHECK(world.removed.size() == 11);
  CHECK_FALSE(world.Remove());
  CHECK(world.Remove());
  CHECK(world.removed.size() == 30);
}

TEST_CASE("a file in a directory that is away is removed when it is found in the one that is there") {
  Files world(1);
  CHECK(world.Remove(7));
  CHECK(world.removed.empty());
  CHECK(world.files.IsIn(7, {0, 0, 1, 1}));
  world.Remove(7);
  CHECK(world.removed.size() == 1);
  CHECK_FALSE(world.files.IsIn(7, {0, 0, 1, 1}));
}

// unlink() refuses directories.
TEST_CASE("sixteen delivered batches whose files cannot be removed do not keep the file of another") {
  SpoolWorld world;
  const auto spool = world.Open();
  std::vector<std::filesystem::path> paths;
  for (std::size_t i = 0; i < 17; ++i) spool->Add(SampleBatch(100 + i, 1));
  for (const std::string& name : world.BatchFiles()) paths.push_back(world.directory() / name);
  while (const auto next = spool->Next()) {
    const auto& path = paths.at(static_cast<std::size_t>(next->batch->first_wall_ns() - 100));
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    spool->Acknowledge(next->id);
  }
  std::filesystem::remove(paths.back());
  WriteFileBytes(paths.back(), "what was delivered");
  for (int i = 0; i < 2; ++i) spool->CatchUp();
  CHECK_FALSE(std::filesystem::exists(paths.back()));
}

}  // namespace
}  // namespace vmtelem
