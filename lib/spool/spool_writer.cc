#include "spool/spool_writer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spool/fs/durable_file.h"
#include "spool/settled_file.h"
#include "spool/spool_file.h"
#include "spool/spool_listing.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kPersistFor = std::chrono::milliseconds(250);  // in one go: fresh batches wait meanwhile

Batch Joined(const std::vector<MemoryBatches::Item>& parts) {
  if (parts.size() == 1) return *parts.front().batch;
  Lines lines;
  for (const MemoryBatches::Item& part : parts) lines.Append(part.batch->lines());
  return Batch(std::move(lines));
}

}  // namespace

SpoolWriter::SpoolWriter(const DiskSpoolOptions& options, SpoolContents& contents, SpoolDirectory& directory,
                         Clock& clock, SpoolLog& log)
    : options_(options.delivery),
      contents_(contents),
      directory_(directory),
      clock_(clock),
      log_(log),
      room_(options, directory, contents.index(), clock,
            [this](Id id, const std::string& reason) { return GiveUp(id, reason); }),
      joiner_(options.few_files, log.logger()) {}

std::shared_ptr<const Batch> SpoolWriter::Pack(const Batch& batch) {
  return std::make_shared<const Batch>(Packed(batch, compressor_));
}

std::optional<SpoolWriter::Id> SpoolWriter::Store(const Batch& batch) {
  const auto entry = Write(batch);
  NoteDisk(entry);
  return entry ? std::optional(contents_.index().Add(*entry)) : std::nullopt;
}

std::optional<SpoolWriter::Id> SpoolWriter::StoreInPlace(const Batch& batch) {
  const auto entry = WriteInPlace(batch);
  return entry ? std::optional(contents_.index().Add(*entry)) : std::nullopt;
}

Result<SpoolName> SpoolWriter::Begin(const Batch& batch) {
  room_.BeginAttempt();
  if (!batch.gzip()) return Fail(ErrorCode::kInternal, "no memory to compress a batch");
  if (auto opened = directory_.Open(); !opened) return tl::make_unexpected(std::move(opened.error()));
  return NameOf(batch, sequence_.Next());
}

Result<SpoolEntry> SpoolWriter::Write(const Batch& batch) {
  const auto name = Begin(batch);
  if (!name) return tl::make_unexpected(name.error());
  if (!directory_.delivers()) return WriteBeside(batch, *name);
  const std::string& packed = *batch.gzip();
  if (auto room = room_.MakeRoomFor(packed.size()); !room) return tl::make_unexpected(std::move(room.error()));
  const auto write = [&] { return WriteDurably(place(), FormatSpoolName(*name), packed); };
  if (const auto error = room_.Write(packed.size(), write)) return Fail(ErrorCode::kIo, error.message());
  return EntryOf(batch, *name);
}

Result<SpoolEntry> SpoolWriter::WriteInPlace(const Batch& batch) {
  const auto name = Begin(batch);
  if (!name) return tl::make_unexpected(name.error());
  if (!directory_.delivers()) return WriteBeside(batch, *name);
  const auto error = WriteDurably(place(), FormatSpoolName(*name), *batch.gzip());
  if (error) return Fail(ErrorCode::kIo, error.message());
  return EntryOf(batch, *name);
}

// Gives up nothing to make room: that is for the process that delivers.
Result<SpoolEntry> SpoolWriter::WriteBeside(const Batch& batch, const SpoolName& name) {
  auto file = WriteAndHold(place(), FormatSpoolName(name), *batch.gzip());
  if (!file) return Fail(ErrorCode::kIo, file.error().message());
  directory_.AddBeside(name, std::move(*file));
  return EntryOf(batch, name);
}

// Some file systems count the blocks of a file only later.
SpoolEntry SpoolWriter::EntryOf(const Batch& written, const SpoolName& name) const {
  const std::uint32_t disk_bytes = BatchDiskBytes(place(), FormatSpoolName(name).c_str()).value_or(0);
  return {name, std::max(disk_bytes, static_cast<std::uint32_t>(written.gzip()->size())), false};
}

Result<void> SpoolWriter::GiveUp(Id id, const std::string& reason) {
  const SpoolIndex& index = contents_.index();
  if (joiner_.MakesRoom(index.files(), clock_.SteadyNow())) {
    return Fail(ErrorCode::kIo, "small batches are being joined to make room");
  }
  const SpoolName name = index.Find(id)->name;
  const auto error = RemoveSettled(place(), FormatSpoolName(name), {.dropped = name.lines, .reason = reason});
  if (error) return Fail(ErrorCode::kIo, fmt::format("cannot make room: {}", error.message()));
  contents_.Lose(id, reason);
  return {};
}

SpoolWriter::Id SpoolWriter::KeepInMemory(std::shared_ptr<const Batch> batch) {
  const SpoolName name = NameOf(*batch, sequence_.Next());
  const Id id = contents_.AddInMemory(name, std::move(batch));
  const MemoryBatches& memory = contents_.memory();
  while (memory.bytes() > options_.spool_memory_bytes() && memory.size() > 1) {
    const Id going = room_.lacks_space() ? id : memory.oldest().id;
    contents_.Lose(going, fmt::format("the spool cannot be written ({}) and the memory for lines that wait is full",
                                      trouble_.value_or("")));
    if (going == id) break;
  }
  return id;
}

// Neighbours are written as one file, since each file costs two syncs; where space is short there may be some for a
// small batch and none for a large one. With nothing left to try the disk with, the next batch that is sealed has to
// show whether it works: a writer that waits for a durable spool would never seal it.
void SpoolWriter::Persist() {
  MemoryBatches& memory = contents_.memory();
  JoinLimits limits = room_.LimitsOfJoined();
  const SteadyTime until = clock_.SteadyNow() + kPersistFor;
  while (memory.size() > 0 && clock_.SteadyNow() <= until) {
    const auto parts = memory.OldestTogether(limits);
    const auto entry = Write(Packed(Joined(parts), compressor_));
    NoteDisk(entry);
    if (entry) {
      contents_.Persisted(parts, *entry);
    } else if (parts.size() > 1 && room_.lacks_space()) {
      limits.max_lines = 0;
    } else {
      break;
    }
  }
  if (memory.size() == 0) trouble_.reset();
}

// Not while something is only in memory, which would have to wait for it, unless that waits for the room it makes.
// Gives nothing up. The parts are there until the joined batch is durable: a crash in between sends their lines twice.
void SpoolWriter::JoinSome() {
  if (!directory_.delivers()) return joiner_.Failed(clock_.SteadyNow());
  if (!directory_.files().RemoveRest()) return;
  if (contents_.memory().bytes() > 0 && !joiner_.is_under_way()) return;
  SpoolIndex& index = contents_.index();
  const auto is_free = [this](std::uint64_t bytes) { return room_.IsFree(bytes); };
  const auto is_short = [this] { return room_.IsShort(); };
  const auto joined = joiner_.Next(index, {place(), clock_, compressor_, room_.LimitsOfJoined(), is_free, is_short});
  if (!joined) return;
  const SpoolName name = NameOf(joined->batch, sequence_.Next());
  if (WriteDurably(place(), FormatSpoolName(name), *joined->batch.gzip())) return joiner_.Failed(clock_.SteadyNow());
  for (const Id id : joined->parts) {
    const SpoolEntry& part = *index.Find(id);
    directory_.files().RemoveLater(part, {.waiting = part.name.lines});
    contents_.Forget(id);
  }
  index.Add(EntryOf(joined->batch, name));
  directory_.files().RemoveRest();
}

void SpoolWriter::NoteTrouble(std::optional<std::string> trouble) {
  trouble_ = std::move(trouble);
  if (trouble_ && joiner_.is_under_way()) return;
  last_trouble_ = trouble_;
  log_.SayDisk(trouble_, directory_.lock().path(), options_.spool_memory_bytes());
}

}  // namespace vmtelem
