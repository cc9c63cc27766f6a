#include "spool/disk_spool.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace vmtelem {

DiskSpool::DiskSpool(const DiskSpoolOptions& options, SpoolLock lock, Clock& clock, const LoggerPtr& log)
    : clock_(clock),
      log_(log, clock),
      contents_(options.delivery),
      directory_(std::move(lock), contents_, clock, log_),
      reader_(contents_, directory_, clock, log_),
      writer_(options, contents_, directory_, clock, log_) {
  writer_.NoteDisk(directory_.Open());
}

SpooledBatch DiskSpool::Add(std::shared_ptr<const Batch> batch) {
  batch = writer_.Pack(*batch);
  const auto stored = writer_.Store(*batch);
  const std::uint64_t gzip_bytes = batch->gzip() ? batch->gzip()->size() : 0;
  rate_.Added(stored ? contents_.index().Find(*stored)->bytes : gzip_bytes, clock_.SteadyNow());
  if (stored) return {*stored, std::move(batch), true};
  return {writer_.KeepInMemory(batch), batch, false};
}

std::optional<SpooledBatch> DiskSpool::AddIfDurable(std::shared_ptr<const Batch> batch) {
  batch = writer_.Pack(*batch);
  const auto stored = writer_.Store(*batch);
  return stored ? std::optional(SpooledBatch{*stored, std::move(batch), true}) : std::nullopt;
}

bool DiskSpool::AddInPlace(std::shared_ptr<const Batch> batch) {
  return writer_.StoreInPlace(*writer_.Pack(*batch)).has_value();
}

void DiskSpool::Acknowledge(std::uint64_t id, const Unwritten& but) {
  if (LargeBatches::IsPart(id)) {
    contents_.changes().released = true;  // there may be memory for another one
    if (but.moved == 0) writer_.Delivered();
    if (const auto whole = contents_.large().FinishPart(id, but)) Finish(whole->id, whole->outcome);
    return;
  }
  const SpoolEntry* entry = contents_.index().Find(id);
  if (entry == nullptr || contents_.index().Waits(id)) return;
  const bool only_moved = but.moved == entry->name.lines;
  Finish(id, {entry->name.lines - but.rejected - but.moved, but.rejected, 0, but.moved});
  if (!only_moved) writer_.Delivered();
}

void DiskSpool::Finish(Id id, const BatchOutcome& outcome) {
  directory_.files().Remove(*contents_.index().Find(id), outcome);
  contents_.Forget(id);
}

void DiskSpool::KeepRejected(std::string_view line, std::string_view reason) {
  const SpoolLock& lock = directory_.lock();
  const std::uint64_t displaced_before = letters_.displaced_lines();
  const std::error_code error = letters_.Keep(lock.directory(), line, reason, clock_.WallNowNs());
  if (const std::uint64_t displaced = letters_.displaced_lines(); displaced > displaced_before) {
    log_.WarnSometimes("displaced", fmt::format("{}/rejected is full: {} displaced by newer ones so far", lock.path(),
                                                CountOf(displaced, "line")));
  }
  if (error) {
    log_.WarnSometimes("rejected",
                       fmt::format("cannot keep a rejected line in {}/rejected: {}", lock.path(), error.message()));
  }
}

SpoolChanges DiskSpool::CatchUp() {
  seconds_left_.reset();
  if (const auto opened = directory_.Open(); !opened) {
    writer_.NoteDisk(opened);
  } else {
    if (directory_.delivers()) {
      directory_.files().RemoveRest();
      directory_.files().FindNew();
      writer_.KeepBounds();
      directory_.LogOthers();
    }
    writer_.Persist();
    if (const auto bytes_per_s = rate_.Due(clock_.SteadyNow())) directory_.lock().NoteRate(*bytes_per_s);
    if (directory_.delivers()) seconds_left_ = SecondsLeft();
  }
  return std::exchange(contents_.changes(), {});
}

std::optional<double> DiskSpool::SecondsLeft() {
  const std::uint64_t bytes_per_s = rate_.last().value_or(0);
  if (bytes_per_s == 0) return std::nullopt;
  const auto bytes = writer_.LeftBytes();
  return bytes ? std::optional(static_cast<double>(*bytes) / static_cast<double>(bytes_per_s)) : std::nullopt;
}

std::vector<SpoolLoss> DiskSpool::GiveUpAway() {
  directory_.files().RemoveRestAtEnd();
  std::vector<SpoolLoss> losses;
  const auto give_up = [&](const std::vector<Id>& ids, const std::string& reason) {
    if (auto loss = contents_.GiveUp(ids, reason)) losses.push_back(std::move(*loss));
  };
  const std::string path = directory_.lock().path();
  const SpoolIndex& index = contents_.index();
  std::vector<Id> away = index.Away();
  const auto partly_out = contents_.large().reading();
  if (partly_out && index.Find(*partly_out)->directory != index.directory()) away.push_back(*partly_out);
  give_up(away, fmt::format("they went away with the spool directory {}, which is not back", path));
  give_up(directory_.FindGone(), fmt::format("their files are gone from {}", path));
  return losses;
}

SpoolStats DiskSpool::stats() const {
  SpoolStats stats = contents_.stats();
  stats.rejected_displaced_lines = letters_.displaced_lines();
  stats.durable = writer_.takes_batches();
  stats.delivered_elsewhere = directory_.lock().state() == SpoolLock::State::kElsewhere;
  stats.makes_room = writer_.makes_room();
  stats.trouble = writer_.last_trouble();
  stats.seconds_left = seconds_left_;
  return stats;
}

std::vector<std::string> DiskSpool::UnreadablePaths() const {
  std::vector<std::string> paths;
  for (const SpoolName& name : contents_.unreadable()) paths.push_back(directory_.files().PathOf(name));
  return paths;
}

}  // namespace vmtelem
