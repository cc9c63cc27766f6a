#include <algorithm>
#include <iterator>
#include <random>

#include <catch2/catch.hpp>

#include "fakes/disk_conditions.h"
#include "fakes/null_logger.h"
#include "fakes/temporary_directory.h"
#include "spool/disk_spool.h"
#include "spool/enqueue.h"
#include "writer_world.h"

// Random histories of a disk, a database, kills and another process that adds to the spool. The same for a seed.
namespace vmtelem {
namespace {

constexpr const char* kTarget = "v3_http%3A%2F%2Fdb%3A8181_telemetry";
constexpr int kLives = 3;
constexpr Nanoseconds kLife = minutes(2);

struct Killed {};

// What a disk of its own goes through: each call changes it from one state to another.
class TroubledDisk {
 public:
  explicit TroubledDisk(const std::filesystem::path& path)
      : disk_(path, "1m,nr_inodes=400"), path_(path), filler_(path / "filler") {}

  [[nodiscard]] const SmallFileSystem& file_system() const { return disk_; }
  [[nodiscard]] std::filesystem::path root() const { return path_ / "spool"; }
  [[nodiscard]] bool was_full() const { return was_full_; }

  void FillBytes() {
    was_full_ = true;
    std::ofstream file(filler_, std::ios::binary);
    const std::string block(4096, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void FillInodes() {
    was_full_ = true;
    std::error_code ignored;
    std::filesystem::create_directory(path_ / "many", ignored);
    for (int i = 0; std::ofstream(path_ / "many" / std::to_string(i)); ++i) {
    }
  }
  // The kernel refuses while a file is open that has no name any more.
  void SetReadOnly() { static_cast<void>(disk_.SetReadOnly(true)); }
  void MoveAway() {
    std::error_code ignored;
    std::filesystem::rename(root(), path_ / "elsewhere", ignored);
  }
  // As it was in the beginning, with what the spool holds.
  void Heal() {
    CHECK(disk_.SetReadOnly(false));
    std::error_code ignored;
    std::filesystem::remove(filler_, ignored);
    std::filesystem::remove_all(path_ / "many", ignored);
    if (std::filesystem::exists(path_ / "elsewhere")) BringBack();
  }

 private:
  // What was written in its place meanwhile is added to what comes back.
  void BringBack() {
    const auto meanwhile = path_ / "meanwhile";
    std::error_code ignored;
    std::filesystem::rename(root(), meanwhile, ignored);
    std::filesystem::rename(path_ / "elsewhere", root());
    for (const std::string& name : NamesIn(meanwhile / kTarget)) {
      if (ParseSpoolName(name)) std::filesystem::rename(meanwhile / kTarget / name, root() / kTarget / name, ignored);
    }
    std::filesystem::remove_all(meanwhile, ignored);
  }

  SmallFileSystem disk_;
  const std::filesystem::path path_;
  const std::filesystem::path filler_;
  bool was_full_ = false;
};

// Several processes one after the other, each killed but the last, which has all the time it needs in a world that is
// well again.
class History {
 public:
  explicit History(unsigned seed) : random_(seed), disk_(temporary_.path() / "disk") {}

  [[nodiscard]] const TroubledDisk& disk() const { return disk_; }

  void Run() {
    for (int life = 1; life <= kLives; ++life) Live(life == kLives);
  }

  std::set<std::string> expected, stored;
  std::uint64_t accounted = 0;  // lost, and said so: rejected, dropped, or not durable when the process was killed
  std::uint64_t dropped = 0, left = 0;
  bool adds_up = true;

 private:
  std::size_t Pick(std::size_t below) { return random_() % below; }

  void Live(bool is_last) {
    WriterWorld world;
    world.pushed = next_line_;
    auto logger = MakeNullLogger();
    DiskSpool spool(DiskSpoolOptions{world.options}, SpoolLock(disk_.root(), kTarget), world.clock, logger);
    world.spool = &spool;
    world.options.batch_max_lines = 1 + Pick(100);
    world.random = [this] { return static_cast<double>(Pick(1000)) / 1000; };
    world.target.latency = milliseconds(1 + Pick(900));
    world.target.answer = [this](const Batch& batch) { return AnyVerdict(batch); };
    for (int i = 0; i < 120; ++i) world.target.At(Moment(), [&] { AnyEvent(world); });
    End(world, is_last);
    Note(world);
  }

  Nanoseconds Moment() { return milliseconds(Pick(std::chrono::duration_cast<milliseconds>(kLife).count())); }

  void End(WriterWorld& world, bool is_last) {
    if (is_last) {
      world.target.At(kLife, [&] {
        disk_.Heal();
        world.target.answer = [](const Batch&) { return Verdict{}; };
      });
      world.StopAt(kLife + minutes(5), hours(1));
      return world.Run();
    }
    world.target.At(Moment() + seconds(1), [] { throw Killed{}; });
    CHECK_THROWS_AS(world.Run(), Killed);
  }

  void AnyEvent(WriterWorld& world) {
    switch (Pick(12)) {
      case 0:
        return disk_.FillBytes();
      case 1:
        return disk_.FillInodes();
      case 2:
        return disk_.SetReadOnly();
      case 3:
        return disk_.MoveAway();
      case 4:
      case 5:
        return disk_.Heal();
      case 6:
        return LeaveForOthers(world);
      case 7:
        works_ = !works_;
        return;
      default:
        return world.Push(1 + Pick(60));
    }
  }

  // As `once` beside a service does.
  void LeaveForOthers(WriterWorld& world) {
    const std::size_t lines = 1 + Pick(20);
    const auto left_behind = EnqueueInSpool(disk_.root(), kTarget, *SampleBatch(first_left_ + left, lines));
    if (!left_behind) return;
    for (std::size_t i = 0; i < lines; ++i) expected.insert(SampleLine(first_left_ + left + i));
    left += lines;
    static_cast<void>(world);
  }

  Verdict AnyVerdict(const Batch& batch) {
    if (!works_) return Say(Action::kRetry);
    switch (Pick(12)) {
      case 0:
        return Say(Action::kRetry);
      case 1:
        return SayCrash();
      case 2:
        return SayLines(batch.line_count() == 1 ? Action::kRefuse : Action::kAckPartly, {Pick(batch.line_count())});
      default:
        return {};
    }
  }

  void Note(WriterWorld& world) {
    const LineCounts counts = world.counts();
    adds_up = adds_up && world.adds_up;
    for (std::size_t i = next_line_; i < world.pushed; ++i) expected.insert(SampleLine(i));
    next_line_ = world.pushed;
    stored.insert(world.target.stored.begin(), world.target.stored.end());
    dropped += counts.dropped;
    accounted += counts.dropped + counts.rejected + counts.queued + counts.in_flight;
  }

  std::mt19937 random_;
  TemporaryDirectory temporary_;
  TroubledDisk disk_;
  bool works_ = true;  // the database
  std::size_t next_line_ = 0;
  static constexpr std::size_t first_left_ = 500'000;
};

std::uint64_t CountMissing(const History& history) {
  std::vector<std::string> missing;
  std::set_difference(history.expected.begin(), history.expected.end(), history.stored.begin(), history.stored.end(),
                      std::back_inserter(missing));
  return missing.size();
}

TEST_CASE("whatever happens to disk and database, and whoever is killed, every line is stored or counted") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    History history(seed);
    if (IsSkipped(history.disk().file_system())) return;
    history.Run();
    CHECK(history.adds_up);
    CHECK(CountMissing(history) <= history.accounted);
    if (!history.disk().was_full()) CHECK(history.dropped == 0);
  }
}

}  // namespace
}  // namespace vmtelem
