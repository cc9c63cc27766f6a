#include "spool/disk_spool.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "spool/settled_file.h"
#include "spool/spool_file.h"
#include "spool/spool_listing.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kRemoveAtEndFor = std::chrono::milliseconds(500);  // of the grace that a stop has
constexpr Nanoseconds kTryFor = std::chrono::milliseconds(100);

}  // namespace

DiskSpool::DiskSpool(DiskSpoolOptions options, SpoolLock lock, Clock& clock, LoggerPtr log)
    : options_(options),
      lock_(std::move(lock)),
      clock_(clock),
      log_(std::move(log)),
      room_(options.limits, index_, clock, [this](Id id, const std::string& reason) { return GiveUpFile(id, reason); }),
      joiner_(options_.few_files, log_),
      large_(options_.memory_max_bytes) {
  NoteDisk(Open());
}

Spool::Kept DiskSpool::Add(std::shared_ptr<const Batch> batch) {
  batch = Packed(std::move(batch));
  SpoolEntry entry{NameOf(*batch)};
  const Why trouble = Store(*batch, entry);
  NoteDisk(trouble);
  rate_.Added(trouble && batch->gzip() ? batch->gzip()->size() : entry.bytes, clock_.SteadyNow());
  if (trouble) return {KeepInMemory(entry.name, std::move(batch)), false};
  return {AddStored(entry, std::move(batch)), true};
}

std::optional<std::uint64_t> DiskSpool::AddIfDurable(std::shared_ptr<const Batch> batch) {
  batch = Packed(std::move(batch));
  SpoolEntry entry{NameOf(*batch)};
  const Why trouble = Store(*batch, entry);
  NoteDisk(trouble);
  if (trouble) return std::nullopt;
  return AddStored(entry, std::move(batch));
}

std::optional<std::uint64_t> DiskSpool::AddInPlace(std::shared_ptr<const Batch> batch) {
  batch = Packed(std::move(batch));
  SpoolEntry entry{NameOf(*batch)};
  if (StoreInPlace(*batch, entry)) return std::nullopt;
  return AddStored(entry, std::move(batch));
}

// Most batches are taken as soon as they are added.
DiskSpool::Id DiskSpool::AddStored(const SpoolEntry& entry, std::shared_ptr<const Batch> batch) {
  newest_ = {index_.Add(entry), std::move(batch)};
  return newest_.id;
}

std::optional<SpooledBatch> DiskSpool::Take(std::uint64_t id) { return index_.Waits(id) ? HandOut(id) : std::nullopt; }

// Of a long row of files that cannot be read the rest is tried later: what is fresh waits meanwhile.
std::optional<SpooledBatch> DiskSpool::Next() {
  const SteadyTime until = clock_.SteadyNow() + kTryFor;
  while (true) {
    if (auto part = NextPart()) return part;
    const auto id = index_.Oldest();
    if (!id) break;
    if (auto batch = HandOut(*id)) return batch;
    if (clock_.SteadyNow() <= until) continue;
    changes_.released = true;
    return std::nullopt;
  }
  index_.PutBack();
  return std::nullopt;
}

void DiskSpool::Acknowledge(std::uint64_t id, const Unwritten& but) {
  if (LargeBatches::IsPart(id)) {
    changes_.released = true;  // there may be memory for another one
    if (but.moved == 0) room_.Delivered();
    if (const auto settled = large_.Settle(id, but)) Settle(settled->id, settled->outcome);
    return;
  }
  const SpoolEntry* entry = index_.Find(id);
  if (entry == nullptr || index_.Waits(id)) return;
  const bool only_moved = but.moved == entry->name.lines;
  Settle(id, {entry->name.lines - but.rejected - but.moved, but.rejected, 0, but.moved});
  if (!only_moved) room_.Delivered();
}

void DiskSpool::Settle(Id id, const BatchOutcome& outcome) {
  const SpoolEntry& entry = *index_.Find(id);
  const bool is_here = entry.directory == index_.directory();
  const bool is_removed = entry.in_memory || (is_here && RemoveFile(entry.name, outcome));
  Forget(id, is_removed ? std::nullopt : std::optional(outcome));
}

// `outcome`: if its file is yet to be removed.
void DiskSpool::Forget(Id id, const std::optional<BatchOutcome>& outcome) {
  const SpoolEntry& entry = *index_.Find(id);
  if (outcome) unremoved_.Add(entry.name, *outcome, entry.directory);
  ring_.Return(id);
  unreadable_.erase(entry.name);
  index_.Forget(id);
}

void DiskSpool::KeepRejected(std::string_view line, std::string_view reason) {
  const std::uint64_t displaced_before = letters_.displaced_lines();
  const std::error_code error = letters_.Keep(lock_.directory(), line, reason, clock_.WallNowNs());
  if (const std::uint64_t displaced = letters_.displaced_lines(); displaced > displaced_before) {
    Warn("displaced", fmt::format("{}/rejected is full: {} displaced by newer ones so far", lock_.path(),
                                  CountOf(displaced, "line")));
  }
  if (error)
    Warn("rejected", fmt::format("cannot keep a rejected line in {}/rejected: {}", lock_.path(), error.message()));
}

SpoolChanges DiskSpool::CatchUp() {
  if (Why trouble = Open()) {
    NoteDisk(std::move(trouble));
  } else {
    if (delivers()) {
      RemoveSettledFiles();
      LookForNew();
      room_.KeepBounds(lock_);
      LogOthers();
    }
    changes_.persisted_lines += Persist();
    // With nothing left to try the disk with, what is sealed next has to tell; a writer that waits for a durable spool
    // would never seal it.
    if (ring_.size() == 0) trouble_.reset();
    if (const auto bytes_per_s = rate_.Due(clock_.SteadyNow())) lock_.NoteRate(*bytes_per_s);
  }
  return std::exchange(changes_, {});
}

// What is left of files that are settled would be sent again.
void DiskSpool::RemoveAllSettled() {
  const SteadyTime until = clock_.SteadyNow() + kRemoveAtEndFor;
  while (delivers() && !RemoveSettledFiles() && clock_.SteadyNow() < until) {
  }
}

std::vector<SpoolLoss> DiskSpool::GiveUpAway() {
  RemoveAllSettled();
  std::vector<SpoolLoss> losses;
  const auto give_up = [&](const std::vector<Id>& ids, const std::string& reason) {
    SpoolLoss loss{0, true, SpoolIndex::kLastStamp, SpoolIndex::kFirstStamp, reason};
    for (const Id id : ids) {
      const SpoolName name = index_.Find(id)->name;
      loss.lines += large_.GiveUp(id).value_or(name.lines);
      loss.first_wall_ns = std::min(loss.first_wall_ns, name.first_wall_ns);
      loss.last_wall_ns = std::max(loss.last_wall_ns, name.last_wall_ns);
      unreadable_.erase(name);
      index_.Forget(id);
    }
    loss.batches = ids.size();
    if (loss.lines > 0) losses.push_back(std::move(loss));
  };
  std::vector<Id> away = index_.Away();
  if (const auto id = large_.reading(); id && index_.Find(*id)->directory != index_.directory()) away.push_back(*id);
  give_up(away, fmt::format("they went away with the spool directory {}, which is not back", lock_.path()));
  give_up(FindGone(), fmt::format("their files are gone from {}", lock_.path()));
  return losses;
}

// Of those that wait: somebody removed their files, which else shows when they are read.
std::vector<SpoolIndex::Id> DiskSpool::FindGone() {
  std::vector<Id> gone;
  if (lock_.Take() != SpoolLock::State::kHeld || opened_ != lock_.times_taken()) return gone;
  std::set<SpoolName> there;
  if (ListBatches(lock_.directory(), [&](const SpoolName& name, std::uint32_t) { there.insert(name); }).error)
    return gone;
  index_.EachWaiting({SpoolIndex::kFirstStamp, SpoolIndex::kFirstStamp, 0, 0}, [&](Id id, const SpoolEntry& entry) {
    if (!entry.in_memory && there.count(entry.name) == 0) gone.push_back(id);
    return true;
  });
  return gone;
}

SpoolStats DiskSpool::stats() const {
  return {.batches = index_.batches(),
          .lines = index_.lines() - large_.settled_lines(),
          .bytes = index_.file_bytes() + ring_.bytes(),
          .memory_batches = index_.batches() - index_.files(),
          .memory_bytes = ring_.bytes(),
          .rejected_displaced_lines = letters_.displaced_lines(),
          .durable = !trouble_,
          .delivered_elsewhere = lock_.state() == SpoolLock::State::kElsewhere,
          .away_lines = index_.away_lines(),
          .unreadable_batches = unreadable_.size(),
          .makes_room = joiner_.is_under_way(),
          .trouble = last_trouble_};
}

std::optional<SpooledBatch> DiskSpool::HandOut(Id id) {
  const SpoolEntry entry = *index_.Find(id);
  if (!entry.in_memory && !delivers()) {
    index_.Postpone(id);
    return std::nullopt;
  }
  auto batch = entry.in_memory ? ring_.Lend(entry.name).batch : Load(id);
  if (!batch) return std::nullopt;
  index_.HandOut(id);
  return SpooledBatch{id, std::move(batch), !entry.in_memory};
}

// The batch of a file that waits; without it, that is settled.
std::shared_ptr<const Batch> DiskSpool::Load(Id id) {
  if (newest_.id == id && newest_.batch) return std::exchange(newest_.batch, nullptr);
  const SpoolName name = index_.Find(id)->name;
  auto batch = Read(name);
  unreadable_.erase(name);
  if (!batch && batch.error().kind == SpoolFileFault::Kind::kBadMedium) batch = Read(name);
  if (batch) {
    retries_.Succeeded(name);
    return std::move(*batch);
  }
  SettleUnread(id, batch.error());
  return nullptr;
}

tl::expected<std::shared_ptr<const Batch>, SpoolFileFault> DiskSpool::Read(const SpoolName& name) const {
  return ReadSpoolFile(lock_.directory(), name, LargeBatches::kLargeTextBytes);
}

// A batch whose file could not be read, or not further, is tried again, or lost.
void DiskSpool::SettleUnread(Id id, const SpoolFileFault& fault) {
  using Kind = SpoolFileFault::Kind;
  if (fault.kind == Kind::kLarge) return BeginParts(id);
  const SpoolName name = index_.Find(id)->name;
  std::string message = fmt::format("{} {}", PathOf(name), fault.reason);
  const bool again =
      fault.kind == Kind::kUnreadable || (fault.kind == Kind::kBadMedium && retries_.Failed(name, clock_.SteadyNow()));
  if (again) {
    Warn("unreadable", message + "; it stays there and is tried again");
    unreadable_.insert(name);
    if (index_.Waits(id)) index_.Postpone(id);
    return;
  }
  if (fault.kind != Kind::kGone) {
    const auto [gone, what] = damaged_.SetAside(lock_.directory(), name);
    message += " and " + what;
    if (!gone) left_damaged_.insert(name);
  }
  Lose(id, std::move(message));
}

void DiskSpool::Lose(Id id, std::string reason) {
  const SpoolEntry entry = *index_.Find(id);
  if (entry.in_memory) ring_.Take(entry.name);
  unreadable_.erase(entry.name);
  const std::size_t lines = large_.GiveUp(id).value_or(entry.name.lines);
  index_.Forget(id);
  changes_.losses.push_back(
      {lines, !entry.in_memory, entry.name.first_wall_ns, entry.name.last_wall_ns, std::move(reason)});
}

// The directory is not synced: a file that comes back after a power cut is sent again, which changes nothing.
bool DiskSpool::RemoveFile(const SpoolName& name, const BatchOutcome& outcome) {
  return !RemoveSettled(lock_.directory(), FormatSpoolName(name), outcome);
}

std::string DiskSpool::PathOf(const SpoolName& name) const {
  return fmt::format("{}/{}", lock_.path(), FormatSpoolName(name));
}

std::vector<std::string> DiskSpool::UnreadablePaths() const {
  std::vector<std::string> paths;
  paths.reserve(unreadable_.size());
  for (const SpoolName& name : unreadable_) paths.push_back(PathOf(name));
  return paths;
}

void DiskSpool::Warn(const std::string& kind, const std::string& message) {
  const auto left_out = throttle_.Admit(kind, clock_.SteadyNow());
  if (!left_out) return;
  if (*left_out == 0) {
    log_->warn(message);
  } else {
    log_->warn("{} ({} more like this since the last message)", message, *left_out);
  }
}

}  // namespace vmtelem
