#include "spool/spool_directory.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/parse.h"
#include "base/text.h"
#include "spool/spool_permissions.h"

namespace vmtelem {
namespace {

// As one word for a shell.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char each : text) quoted.append(each == '\'' ? "'\\''" : std::string(1, each));
  return quoted + "'";
}

}  // namespace

Result<void> SpoolDirectory::Open() {
  const bool failed = lock_.Take() == SpoolLock::State::kFailed;
  if (lock_.directory().valid()) Enter();
  if (failed) return Fail(ErrorCode::kIo, lock_.reason());
  if (!delivers()) NoteElsewhere();
  if (std::exchange(opened_, lock_.times_taken()) != lock_.times_taken()) Begin();
  return {};
}

void SpoolDirectory::NoteElsewhere() {
  Account(beside_.TakeSettled(lock_.directory(), contents_.index()));
  if (!elsewhere_.insert(contents_.index().directory()).second) return;
  log_->info("{}; batches are added there, and delivered from here when it has ended", lock_.reason());
}

void SpoolDirectory::Account(const std::vector<BatchesBeside::Settled>& settled) {
  for (const auto& [name, outcome] : settled) {
    if (const auto id = contents_.index().Find(name)) contents_.SettledElsewhere(*id, outcome, lock_.path());
  }
}

void SpoolDirectory::Begin() {
  Account(beside_.End(lock_.directory(), contents_.index()));
  contents_.changes().released = true;
  if (elsewhere_.erase(contents_.index().directory()) > 0) TakeOver();
  for (const std::string& note : MakeSpoolPrivate(lock_)) log_->warn(note);
  others_.Expire();
  files_.Begin();
}

// The other process has settled the batches whose files are gone.
void SpoolDirectory::TakeOver() {
  log_->info("delivers now from {}", lock_.path());
  contents_.index().PutBack();
  for (const SpoolIndex::Id id : FindGone()) contents_.HandOver(id);
}

std::vector<SpoolIndex::Id> SpoolDirectory::FindGone() {
  if (lock_.Take() != SpoolLock::State::kHeld || opened_ != lock_.times_taken()) return {};
  return files_.FindGone();
}

KnownDirectories::Number SpoolDirectory::PresentDirectory() {
  if (lock_.is_away()) return KnownDirectories::kNone;
  if (lock_.former_was_removed()) return known_.NumberOf(lock_.directory(), contents_.index().directory());
  return known_.NumberOf(lock_.directory());
}

// Another directory than before may be at the path now, or none.
void SpoolDirectory::Enter() {
  SpoolIndex& index = contents_.index();
  const auto before = index.directory(), now = PresentDirectory();
  if (now == before && !lock_.former_was_removed()) return;
  SpoolChanges& changes = contents_.changes();
  for (const SpoolIndex::Id id : index.HandedOut()) {
    if (index.Find(id)->in_memory) continue;
    const auto out = contents_.large().PartsOut(id);
    changes.displaced.insert(changes.displaced.end(), out.begin(), out.end());
  }
  files_.Leave();
  const std::uint64_t away_before = index.away_lines();
  index.Enter(now);
  changes.released = true;
  LogEntered(away_before);
}

void SpoolDirectory::LogEntered(std::uint64_t away_before) {
  const std::uint64_t away = contents_.index().away_lines();
  if (away == 0 && away_before > 0) log_->info("the directory that was at {} is back", lock_.path());
  if (away == 0) return;
  const bool is_none = contents_.index().directory() == KnownDirectories::kNone;
  const std::string lines = CountOf(away, "line");
  log_->warn(is_none ? fmt::format("{} is gone and cannot be made again: {} wait until it is back", lock_.path(), lines)
                     : fmt::format("another directory is at {} than before: {} wait until theirs is back", lock_.path(),
                                   lines));
}

void SpoolDirectory::LogOthers() {
  if (std::exchange(logged_others_, true)) return;
  for (const OtherTargets::Target& other : others_.targets()) {
    if (other.batches == 0) continue;
    log_->info(
        "the spool holds {} ({}, {}) of another target: they wait, and count for the bound; while no process delivers "
        "from there, this has them delivered to the present target: mv -n {}/*.lp.gz {}/",
        CountOf(other.lines, "line"), CountOf(other.batches, "batch file"), FormatSize(other.bytes),
        Quoted(fmt::format("{}/{}", lock_.root(), other.name)), Quoted(lock_.path()));
  }
}

}  // namespace vmtelem
