// DiskSpool: what others put on the disk.
#include <utility>

#include <fmt/format.h>

#include "base/parse.h"
#include "base/text.h"
#include "spool/disk_spool.h"
#include "spool/fs/durable_file.h"
#include "spool/spool_listing.h"
#include "spool/spool_permissions.h"

namespace vmtelem {

// What keeps batches from the disk.
DiskSpool::Why DiskSpool::Open() {
  const bool failed = lock_.Take() == SpoolLock::State::kFailed;
  if (lock_.directory().valid()) EnterDirectory();
  if (failed) return lock_.reason();
  if (!delivers()) NoteElsewhere();
  if (std::exchange(opened_, lock_.times_taken()) != lock_.times_taken()) OpenDirectory();
  return std::nullopt;
}

void DiskSpool::NoteElsewhere() {
  Account(beside_.TakeSettled(lock_.directory(), index_));
  if (!elsewhere_.insert(index_.directory()).second) return;
  log_->info("{}; batches are added there, and delivered from here when it has ended", lock_.reason());
}

// Lines that are in another batch by now are in the books of who made it, and are recovered here if it is found.
void DiskSpool::Account(const std::vector<BatchesBeside::Settled>& settled) {
  for (const auto& [name, outcome] : settled) {
    const auto id = index_.Find(name);
    if (!id) continue;
    if (!outcome) {
      HandOver(*id);
      continue;
    }
    Forget(*id, std::nullopt);
    changes_.written_lines += outcome->written;
    changes_.rejected_lines += outcome->rejected;
    changes_.handed_over_lines += outcome->waiting;
    if (outcome->dropped == 0) continue;
    changes_.losses.push_back({outcome->dropped, true, name.first_wall_ns, name.last_wall_ns,
                               fmt::format("{}: {}", PathOf(name), outcome->reason)});
  }
}

// To another process, which has not said what became of it.
void DiskSpool::HandOver(Id id) {
  changes_.handed_over_lines += index_.Find(id)->name.lines;
  Forget(id, std::nullopt);
}

void DiskSpool::OpenDirectory() {
  Account(beside_.End(lock_.directory(), index_));
  changes_.released = true;
  if (elsewhere_.erase(index_.directory()) > 0) TakeOver();
  for (const std::string& note : MakeSpoolPrivate(lock_)) log_->warn(note);
  if (const std::size_t removed = RemoveUnfinished(lock_.directory()); removed > 0) {
    log_->info("removed {} from {} that a process left unfinished", CountOf(removed, "file"), lock_.path());
  }
  watch_.Start(lock_.directory(), lock_.path());
  room_.others().Expire();
  const auto leave_alone = [this](const std::vector<std::string>& names, const std::string& path) {
    if (!names.empty()) log_->info("leaves alone what is no part of the spool in {}: {}", path, NamesInShort(names));
  };
  leave_alone(ListSpoolRoot(lock_.root_directory()).foreign, lock_.root());
  leave_alone(ListDirectory(), lock_.path());
}

// What is gone from there the other process has settled.
void DiskSpool::TakeOver() {
  log_->info("delivers now from {}", lock_.path());
  index_.PutBack();
  for (const Id id : FindGone()) HandOver(id);
}

KnownDirectories::Number DiskSpool::PresentDirectory() {
  if (lock_.is_away()) return KnownDirectories::kNone;
  if (lock_.former_was_removed()) return directories_.NumberOf(lock_.directory(), index_.directory());
  return directories_.NumberOf(lock_.directory());
}

// It may be another one than before, or none.
void DiskSpool::EnterDirectory() {
  const auto before = index_.directory(), now = PresentDirectory();
  if (now == before && !lock_.former_was_removed()) return;
  for (const Id id : index_.HandedOut()) {
    if (index_.Find(id)->in_memory) continue;
    const auto out = large_.PartsOut(id);
    changes_.displaced.insert(changes_.displaced.end(), out.begin(), out.end());
  }
  unseen_.clear();
  const std::uint64_t away_before = index_.away_lines();
  index_.Enter(now);
  changes_.released = true;
  if (index_.away_lines() > 0) {
    const std::string lines = CountOf(index_.away_lines(), "line");
    log_->warn(
        now == KnownDirectories::kNone
            ? fmt::format("{} is gone and cannot be made again: {} wait until it is back", lock_.path(), lines)
            : fmt::format("another directory is at {} than before: {} wait until theirs is back", lock_.path(), lines));
  } else if (away_before > 0) {
    log_->info("the directory that was at {} is back", lock_.path());
  }
}

// False if there was no time for all.
bool DiskSpool::RemoveSettledFiles() {
  const auto remove = [this](const SpoolName& name, const BatchOutcome& outcome) { return RemoveFile(name, outcome); };
  return unremoved_.RemoveFrom(index_.directory(), remove, clock_);
}

void DiskSpool::LookForNew() {
  const DirectoryWatch::News news = watch_.Poll(lock_.directory(), clock_.SteadyNow());
  if (news.list_all || list_again_) ListDirectory();
  for (const std::string& text : news.names) {
    const auto name = ParseSpoolName(text);
    if (!name) continue;
    left_damaged_.erase(*name);  // somebody wrote it anew
    unseen_.insert(*name);
  }
  std::erase_if(unseen_, [this](const SpoolName& name) { return LookAt(name); });
}

// False if the file cannot be looked at now, as in a directory that may not be entered: it is not reported again.
bool DiskSpool::LookAt(const SpoolName& name) {
  const auto bytes = BatchDiskBytes(lock_.directory(), FormatSpoolName(name).c_str());
  if (bytes) Recover(name, *bytes);
  if (bytes || bytes.error() == std::errc::no_such_file_or_directory) return true;
  if (!IsForeign(bytes.error()) && !IsTooLarge(bytes.error())) return false;
  if (IsTooLarge(bytes.error())) {
    SetAsideTooLarge(name);
  } else {
    Warn("foreign", fmt::format("leaves alone what is no part of the spool: {}", PathOf(name)));
  }
  return true;
}

// The names of what is no part of the spool.
std::vector<std::string> DiskSpool::ListDirectory() {
  BatchListing listing =
      ListBatches(lock_.directory(), [this](const SpoolName& name, std::uint32_t bytes) { Recover(name, bytes); });
  list_again_ = static_cast<bool>(listing.error);
  for (const SpoolName& name : listing.too_large) SetAsideTooLarge(name);
  return std::move(listing.foreign);
}

void DiskSpool::Recover(const SpoolName& name, std::uint32_t bytes) {
  if (unremoved_.IsIn(index_.directory(), name)) return;
  if (index_.Return(name)) {
    changes_.released = true;
    return;
  }
  if (index_.Holds(name) || left_damaged_.count(name) > 0) return;
  index_.Add({name, bytes, false});
  changes_.recovered_lines += name.lines;
}

// What no spool has made counts for nothing, neither for the bound nor as lines.
void DiskSpool::SetAsideTooLarge(const SpoolName& name) {
  if (left_damaged_.count(name) > 0 || index_.Holds(name)) return;
  const auto [gone, what] = damaged_.SetAsideStranger(lock_.directory(), name);
  if (!gone) left_damaged_.insert(name);
  log_->warn("{} is larger than 64 MiB, so it can be no batch, and {}", PathOf(name), what);
}

void DiskSpool::LogOthers() {
  if (std::exchange(logged_others_, true)) return;
  for (const OtherTargets::Target& other : room_.others().targets()) {
    if (other.batches == 0) continue;
    log_->info(
        "the spool holds {} ({}, {}) of another target: they wait, and count for the bound; while no process delivers "
        "from there, this has them delivered to the present target: mv -n '{}/{}'/*.lp.gz '{}'/",
        CountOf(other.lines, "line"), CountOf(other.batches, "batch file"), FormatSize(other.bytes), lock_.root(),
        other.name, lock_.path());
  }
}

}  // namespace vmtelem
