// DiskSpool: from memory to the disk.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/parse.h"
#include "spool/disk_spool.h"
#include "spool/fs/durable_file.h"
#include "spool/settled_file.h"
#include "spool/spool_listing.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kPersistFor = std::chrono::milliseconds(250);  // in one go: what is fresh waits meanwhile

// Some file systems tell the blocks of a file only later.
std::uint32_t BytesOfWritten(const FileDescriptor& directory, const std::string& name, const std::string& packed) {
  return std::max(BatchDiskBytes(directory, name.c_str()).value_or(0), static_cast<std::uint32_t>(packed.size()));
}

std::shared_ptr<const Batch> Joined(const std::vector<MemoryBatches::Item>& parts) {
  if (parts.size() == 1) return parts.front().batch;
  Lines lines;
  for (const MemoryBatches::Item& part : parts) {
    const Batch& batch = *part.batch;
    lines.Append({batch.bytes(), batch.line_count(), batch.first_wall_ns(), batch.last_wall_ns()});
  }
  return std::make_shared<const Batch>(std::move(lines));
}

}  // namespace

SpoolName DiskSpool::NameOf(const Batch& batch) {
  return {batch.first_wall_ns(), batch.last_wall_ns(), 0, static_cast<std::uint32_t>(batch.line_count())};
}

// The batch with its gzip; as it is if there is no memory for that.
std::shared_ptr<const Batch> DiskSpool::Packed(std::shared_ptr<const Batch> batch) {
  if (batch->gzip()) return batch;
  auto gzip = compressor_.Compress(batch->bytes());
  if (!gzip) return batch;
  return std::make_shared<const Batch>(batch->WithGzip(std::make_shared<const std::string>(std::move(*gzip))));
}

// Each attempt has a name of its own: of one that failed nobody can say for sure that it has left no file.
DiskSpool::Why DiskSpool::BeginStoring(const Batch& batch, SpoolEntry& entry) {
  room_.BeginAttempt();
  entry.name.sequence = sequence_.Next();
  if (!batch.gzip()) return "no memory to compress a batch";
  return Open();
}

// Then `entry` is that of the file.
DiskSpool::Why DiskSpool::Store(const Batch& batch, SpoolEntry& entry) {
  if (Why trouble = BeginStoring(batch, entry)) return trouble;
  if (!delivers()) return WriteBeside(batch, entry);
  const std::string& packed = *batch.gzip();
  if (Why trouble = room_.MakeRoomFor(lock_, packed.size())) return trouble;
  const std::string name = FormatSpoolName(entry.name);
  const auto write = [&] { return WriteDurably(lock_.directory(), name, packed); };
  if (const std::error_code error = room_.Write(lock_, packed.size(), write)) return error.message();
  BecameFile(batch, entry);
  return std::nullopt;
}

// What it takes the place of makes room for it, though later: nothing is given up, and no bound is asked for.
DiskSpool::Why DiskSpool::StoreInPlace(const Batch& batch, SpoolEntry& entry) {
  if (Why trouble = BeginStoring(batch, entry)) return trouble;
  if (!delivers()) return WriteBeside(batch, entry);
  const std::string name = FormatSpoolName(entry.name);
  if (const auto error = WriteDurably(lock_.directory(), name, *batch.gzip())) return error.message();
  BecameFile(batch, entry);
  return std::nullopt;
}

// Gives up nothing to make room: that is for the process that delivers.
DiskSpool::Why DiskSpool::WriteBeside(const Batch& batch, SpoolEntry& entry) {
  auto file = WriteAndHold(lock_.directory(), FormatSpoolName(entry.name), *batch.gzip());
  if (!file) return file.error().message();
  beside_.Add(entry.name, std::move(*file));
  BecameFile(batch, entry);
  return std::nullopt;
}

void DiskSpool::BecameFile(const Batch& batch, SpoolEntry& entry) const {
  entry.bytes = BytesOfWritten(lock_.directory(), FormatSpoolName(entry.name), *batch.gzip());
  entry.in_memory = false;
}

DiskSpool::Why DiskSpool::GiveUpFile(Id id, const std::string& reason) {
  if (joiner_.MakesRoom(index_.files(), clock_.SteadyNow())) return "small batches are being joined to make room";
  const SpoolName name = index_.Find(id)->name;
  const auto error = RemoveSettled(lock_.directory(), FormatSpoolName(name), {.dropped = name.lines, .reason = reason});
  if (error) return fmt::format("cannot make room: {}", error.message());
  Lose(id, reason);
  return std::nullopt;
}

// Beside a full disk the newest is what memory has no room for: no batch goes for one that is not written. A disk that
// is away holds nothing up.
SpoolIndex::Id DiskSpool::KeepInMemory(const SpoolName& name, std::shared_ptr<const Batch> batch) {
  const Id id = index_.Add({name, 0, true});
  ring_.Put(name, {id, std::move(batch)});
  while (ring_.bytes() > options_.memory_max_bytes && ring_.size() > 1) {
    const Id going = room_.lacks_space() ? id : ring_.oldest().id;
    Lose(going, fmt::format("the spool cannot be written ({}) and the memory for lines that wait is full",
                            trouble_.value_or("")));
    if (going == id) break;
  }
  return id;
}

// Writes what only memory held, neighbours as one file, since each costs two syncs; where space is short a small one
// may be taken that a large one is not. How many lines.
std::size_t DiskSpool::Persist() {
  std::size_t lines = 0;
  JoinLimits limits = room_.LimitsOfJoined(lock_);
  const SteadyTime until = clock_.SteadyNow() + kPersistFor;
  while (ring_.size() > 0 && clock_.SteadyNow() <= until) {
    const auto parts = ring_.OldestTogether(limits);
    const auto batch = Packed(Joined(parts));
    SpoolEntry entry{NameOf(*batch)};
    const Why trouble = Store(*batch, entry);
    NoteDisk(trouble);
    if (trouble && (parts.size() == 1 || !room_.lacks_space())) break;
    if (trouble) {
      limits.max_lines = 0;
      continue;
    }
    BecameFile(parts, entry);
    lines += entry.name.lines;
  }
  return lines;
}

// The first keeps its id.
void DiskSpool::BecameFile(const std::vector<MemoryBatches::Item>& parts, const SpoolEntry& entry) {
  for (const MemoryBatches::Item& part : parts) {
    ring_.Take(index_.Find(part.id)->name);
    if (part.id != parts.front().id) index_.Forget(part.id);
  }
  index_.Replace(parts.front().id, entry);
}

// While nothing is only in memory, which would have to wait for it, unless that waits for the room it makes. Gives
// nothing up. The parts are there until the joined batch is durable: a crash in between sends their lines twice.
void DiskSpool::Tidy() {
  if (!delivers()) return joiner_.Failed(clock_.SteadyNow());
  if (!RemoveSettledFiles()) return;
  if (ring_.bytes() > 0 && !joiner_.is_under_way()) return;
  const auto is_free = [this](std::uint64_t bytes) { return room_.IsFree(lock_, bytes); };
  const auto is_short = [this] { return room_.IsShort(lock_); };
  auto joined =
      joiner_.Next(index_, {lock_.directory(), clock_, compressor_, room_.LimitsOfJoined(lock_), is_free, is_short});
  if (!joined) return;
  joined->name.sequence = sequence_.Next();
  const std::string name = FormatSpoolName(joined->name);
  if (WriteDurably(lock_.directory(), name, joined->gzip)) {
    return joiner_.Failed(clock_.SteadyNow());
  }
  for (const Id id : joined->parts) Forget(id, BatchOutcome{.waiting = index_.Find(id)->name.lines});
  index_.Add({joined->name, BytesOfWritten(lock_.directory(), name, joined->gzip), false});
  RemoveSettledFiles();
}

// Says each change once, and a change of the same kind again after a minute at the earliest: a disk that is nearly full
// takes one batch and not the next.
void DiskSpool::NoteDisk(Why trouble) {
  trouble_ = std::move(trouble);
  if (trouble_ && joiner_.is_under_way()) return;
  last_trouble_ = trouble_;
  if (trouble_ == logged_trouble_) return;
  if (!throttle_.Admit(trouble_ ? "trouble" : "recovered", clock_.SteadyNow())) return;
  logged_trouble_ = trouble_;
  if (trouble_) {
    log_->warn("cannot write to the spool {}: {}; {} of memory are used instead", lock_.path(), *trouble_,
               FormatSize(options_.memory_max_bytes));
  } else {
    log_->info("the spool {} takes batches again", lock_.path());
  }
}

}  // namespace vmtelem
