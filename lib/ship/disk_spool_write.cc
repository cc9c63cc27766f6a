// DiskSpool: from memory to the disk.
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/parse.h"
#include "ship/disk_spool.h"
#include "ship/durable_file.h"

namespace vmtelem {
namespace {

constexpr std::int64_t kAheadNs = 60'000'000'000;  // so far from now clocks of one host differ only by mistake
constexpr Nanoseconds kPersistFor = std::chrono::milliseconds(250);  // in one go: what is fresh waits meanwhile

bool IsNoSpace(std::error_code error) { return error.value() == ENOSPC || error.value() == EDQUOT; }

}  // namespace

// The batch with its gzip; as it is if there is no memory for that.
std::shared_ptr<const Batch> DiskSpool::Packed(std::shared_ptr<const Batch> batch) {
  if (batch->gzip()) return batch;
  auto gzip = compressor_.Compress(batch->bytes());
  if (!gzip) return batch;
  return std::make_shared<const Batch>(
      Lines{batch->bytes(), batch->line_count(), batch->first_wall_ns(), batch->last_wall_ns()},
      std::make_shared<const std::string>(std::move(*gzip)));
}

// Each attempt has a name of its own: of one that failed nobody can say for sure that it has left no file.
DiskSpool::Why DiskSpool::Store(const Batch& batch, SpoolName& name) {
  name.sequence = sequence_.Next();
  if (!batch.gzip()) return "no memory to compress a batch";
  if (Why trouble = Open()) return trouble;
  if (Why trouble = MakeRoom(batch.gzip()->size())) return trouble;
  return Write(batch, name);
}

// A quota or a file system out of inodes does not show in MakeRoom(), but room can be made there too.
DiskSpool::Why DiskSpool::Write(const Batch& batch, const SpoolName& name) {
  const std::string& bytes = *batch.gzip();
  const auto write = [&] { return WriteDurably(lock_.directory(), FormatSpoolName(name), bytes); };
  std::error_code error = write();
  if (IsNoSpace(error) && index_.waiting_file_bytes() >= bytes.size()) {
    if (!GiveUpFiles(bytes.size(), "the file system of the spool is full")) error = write();
  }
  if (error) return error.message();
  return std::nullopt;
}

DiskSpool::Why DiskSpool::MakeRoom(std::uint64_t more_bytes) {
  auto space = SpaceOf(lock_.directory());
  if (!space) return space.error().message();
  space->free_bytes += freed_.Look(space->free_bytes, clock_.SteadyNow());
  others_.Refresh(lock_.root_directory(), lock_.target(), clock_.SteadyNow());
  const std::uint64_t held = index_.file_bytes() + others_.bytes();
  const std::uint64_t over = BytesOverMax(options_.limits, *space, held, more_bytes);
  if (Why trouble = GiveUpFiles(over, "the spool is full")) return trouble;
  const std::uint64_t below = BytesBelowFloor(options_.limits, *space, more_bytes);
  if (below <= over) return std::nullopt;  // those bytes are free by now
  const std::string reason =
      fmt::format("less than {} would stay free on its file system", FormatSize(FreeFloor(options_.limits, *space)));
  if (below - over > index_.waiting_file_bytes()) return reason;
  return GiveUpFiles(below - over, "room was made, since " + reason);
}

// Until so many bytes are given up. Then looks at what is free: before anything is written it shows whether this file
// system tells at once.
DiskSpool::Why DiskSpool::GiveUpFiles(std::uint64_t bytes, const std::string& reason) {
  if (bytes == 0) return std::nullopt;
  Why trouble;
  const std::uint64_t held = index_.file_bytes();
  while (!trouble && held - index_.file_bytes() < bytes) trouble = GiveUpFile(reason);
  freed_.Removed(held - index_.file_bytes(), clock_.SteadyNow());
  if (const auto space = SpaceOf(lock_.directory())) freed_.Look(space->free_bytes, clock_.SteadyNow());
  return trouble;
}

DiskSpool::Why DiskSpool::GiveUpFile(const std::string& reason) {
  const auto id = NextToGiveUp();
  if (!id) return others_.bytes() > 0 ? "the batches of other targets fill it" : "it is full";
  if (!RemoveFile(index_.Find(*id)->name)) return fmt::format("cannot make room: {}", LastError().message());
  Lose(*id, reason);
  return std::nullopt;
}

// The oldest, but before it what has stamps of times to come: a clock that ran ahead made them, and else they would
// outlast all that is sampled until then.
std::optional<SpoolIndex::Id> DiskSpool::NextToGiveUp() const {
  const auto ahead = index_.OldestOnDisk(clock_.WallNowNs() + kAheadNs);
  return ahead ? ahead : index_.OldestOnDisk();
}

SpoolIndex::Id DiskSpool::KeepInMemory(const SpoolName& name, std::shared_ptr<const Batch> batch) {
  const Id id = index_.Add({name, 0, true});
  ring_.Put(name, {id, std::move(batch)});
  while (ring_.bytes() > options_.memory_max_bytes && ring_.size() > 1) {
    Lose(ring_.oldest().id, fmt::format("the spool cannot be written ({}) and the memory for lines that wait is full",
                                        trouble_.value_or("")));
  }
  return id;
}

// Writes what only memory held. How many lines.
std::size_t DiskSpool::Persist() {
  std::size_t lines = 0;
  const SteadyTime until = clock_.SteadyNow() + kPersistFor;
  while (ring_.size() > 0 && clock_.SteadyNow() <= until) {
    const Id id = ring_.oldest().id;
    const auto batch = Packed(ring_.oldest().batch);
    SpoolName name = index_.Find(id)->name;
    const SpoolName name_in_memory = name;
    Why trouble = Store(*batch, name);
    NoteDisk(trouble);
    if (trouble) break;
    ring_.Take(name_in_memory);
    index_.Replace(id, {name, static_cast<std::uint32_t>(batch->gzip()->size()), false});
    lines += name.lines;
  }
  return lines;
}

// Without giving anything up.
bool DiskSpool::HasRoomFor(std::uint64_t bytes) const {
  const auto space = SpaceOf(lock_.directory());
  const std::uint64_t held = index_.file_bytes() + others_.bytes();
  return space && BytesOverMax(options_.limits, *space, held, bytes) == 0 &&
         BytesBelowFloor(options_.limits, *space, bytes) == 0;
}

// The parts are there until the joined batch is durable: a crash in between sends their lines twice.
void DiskSpool::JoinSmall() {
  const auto has_room = [this](std::uint64_t bytes) { return HasRoomFor(bytes); };
  auto joined = joiner_.Next(index_, {lock_.directory(), clock_, compressor_, has_room});
  if (!joined) return;
  joined->name.sequence = sequence_.Next();
  if (WriteDurably(lock_.directory(), FormatSpoolName(joined->name), joined->gzip)) {
    return joiner_.Failed(clock_.SteadyNow());
  }
  for (const Id id : joined->parts) Forget(id);
  index_.Add({joined->name, static_cast<std::uint32_t>(joined->gzip.size()), false});
}

// Says each change once, and a change of the same kind again after a minute at the earliest: a disk that is nearly full
// takes one batch and not the next.
void DiskSpool::NoteDisk(Why trouble) {
  trouble_ = std::move(trouble);
  if (trouble_ == told_trouble_) return;
  if (!throttle_.Admit(trouble_ ? "trouble" : "recovered", clock_.SteadyNow())) return;
  told_trouble_ = trouble_;
  if (trouble_) {
    log_->warn("cannot write to the spool {}: {}; {} of memory are used instead", lock_.path(), *trouble_,
               FormatSize(options_.memory_max_bytes));
  } else {
    log_->info("the spool {} takes batches again", lock_.path());
  }
}

}  // namespace vmtelem
