#include "spool/spool_reader.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "spool/spool_file.h"
#include "spool/spool_file_parts.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kTryFor = std::chrono::milliseconds(100);

}  // namespace

std::optional<SpooledBatch> SpoolReader::Take(Id id) { return contents_.index().Waits(id) ? Read(id) : std::nullopt; }

bool SpoolReader::HandOut(Id id) {
  SpoolIndex& index = contents_.index();
  if (!index.Waits(id) || PostponeIfElsewhere(id)) return false;
  const SpoolEntry& entry = *index.Find(id);
  if (entry.in_memory) contents_.memory().Lend(entry.name);
  index.HandOut(id);
  return true;
}

// Of a batch that waits. True if another process is to deliver it.
bool SpoolReader::PostponeIfElsewhere(Id id) {
  if (contents_.index().Find(id)->in_memory || directory_.delivers()) return false;
  contents_.index().Postpone(id);
  return true;
}

// Of a long row of files that cannot be read the rest is tried later: fresh batches wait meanwhile.
std::optional<SpooledBatch> SpoolReader::Next() {
  const SteadyTime until = clock_.SteadyNow() + kTryFor;
  while (true) {
    if (auto part = NextPart()) return part;
    const auto id = contents_.index().Oldest();
    if (!id) break;
    if (auto batch = Read(*id)) return batch;
    if (clock_.SteadyNow() <= until) continue;
    contents_.changes().released = true;
    return std::nullopt;
  }
  contents_.index().PutBack();
  return std::nullopt;
}

std::optional<SpooledBatch> SpoolReader::Read(Id id) {
  if (PostponeIfElsewhere(id)) return std::nullopt;
  const SpoolEntry entry = *contents_.index().Find(id);
  auto batch = entry.in_memory ? contents_.memory().Lend(entry.name).batch : Load(id);
  if (!batch) return std::nullopt;
  contents_.index().HandOut(id);
  return SpooledBatch{id, std::move(batch), !entry.in_memory};
}

// The batch of a file that waits. Without one the file was dealt with.
std::shared_ptr<const Batch> SpoolReader::Load(Id id) {
  const SpoolName name = contents_.index().Find(id)->name;
  auto batch = ReadFile(name);
  contents_.NoteReadable(name);
  if (!batch && batch.error().code == ErrorCode::kIo) batch = ReadFile(name);
  if (batch) {
    retries_.Succeeded(name);
    return std::move(*batch);
  }
  if (batch.error().code == ErrorCode::kUnsupported) {
    BeginParts(id);
  } else {
    RetryOrLose(id, batch.error());
  }
  return nullptr;
}

Result<std::shared_ptr<const Batch>> SpoolReader::ReadFile(const SpoolName& name) const {
  return ReadSpoolFile(directory_.lock().directory(), name, LargeBatches::kLargeTextBytes);
}

// Of a large batch, after the one before it has been read to its end. NextPart() hands out what is in it.
void SpoolReader::BeginParts(Id id) {
  SpoolIndex& index = contents_.index();
  if (contents_.large().reading()) return index.Postpone(id);
  auto parts = SpoolFileParts::Open(directory_.lock().directory(), index.Find(id)->name);
  if (!parts) return RetryOrLose(id, parts.error());
  index.HandOut(id);
  contents_.large().Begin(id, std::move(*parts));
}

// Of a large batch. One whose directory is away is handed out as one that was displaced.
std::optional<SpooledBatch> SpoolReader::NextPart() {
  LargeBatches& large = contents_.large();
  const auto id = large.reading();
  if (!id || !large.has_room()) return std::nullopt;
  const SpoolEntry entry = *contents_.index().Find(*id);
  auto part = large.Next();
  if (!part) {
    RetryOrLose(*id, part.error());
    return std::nullopt;
  }
  contents_.NoteReadable(entry.name);
  retries_.Succeeded(entry.name);
  if (entry.directory != contents_.index().directory()) contents_.changes().displaced.push_back(part->id);
  return std::move(*part);
}

// Of a batch whose file could not be read, or not further.
void SpoolReader::RetryOrLose(Id id, const Error& fault) {
  const SpoolName name = contents_.index().Find(id)->name;
  SpoolFiles& files = directory_.files();
  std::string message = fmt::format("{} {}", files.PathOf(name), fault.message);
  if (CountFailure(name, fault.code)) {
    log_.WarnSometimes("unreadable", message + "; it stays there and is tried again");
    contents_.NoteUnreadable(name);
    if (contents_.index().Waits(id)) contents_.index().Postpone(id);
    return;
  }
  if (fault.code != ErrorCode::kNotFound) message += " and " + files.SetAside(name);
  contents_.Lose(id, std::move(message));
}

// Whether the file is to be tried again.
bool SpoolReader::CountFailure(const SpoolName& name, ErrorCode fault) {
  return fault == ErrorCode::kDenied || (fault == ErrorCode::kIo && retries_.Failed(name, clock_.SteadyNow()));
}

}  // namespace vmtelem
