#include "spool/spool_files.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "spool/fs/durable_file.h"
#include "spool/settled_file.h"
#include "spool/spool_listing.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kRemoveAtEndFor = std::chrono::milliseconds(500);  // of the grace that a stop has

}  // namespace

void SpoolFiles::Begin() {
  if (const std::size_t removed = RemoveUnfinished(lock_.directory()); removed > 0) {
    log_->info("removed {} from {} that a process left unfinished", CountOf(removed, "file"), lock_.path());
  }
  watch_.Start(lock_.directory(), lock_.path());
  const auto leave_alone = [this](const std::vector<std::string>& names, const std::string& path) {
    if (!names.empty()) log_->info("leaves alone what is no part of the spool in {}: {}", path, NamesInShort(names));
  };
  leave_alone(ListSpoolRoot(lock_.root_directory()).foreign, lock_.root());
  leave_alone(List(), lock_.path());
}

void SpoolFiles::FindNew() {
  const DirectoryWatch::News news = watch_.Poll(lock_.directory(), clock_.SteadyNow());
  if (news.list_all || list_again_) List();
  for (const std::string& text : news.names) {
    const auto name = ParseSpoolName(text);
    if (!name) continue;
    damaged_.WrittenAnew(*name);
    unseen_.insert(*name);
  }
  std::erase_if(unseen_, [this](const SpoolName& name) { return LookAt(name); });
}

// False if the file cannot be looked at now, as in a directory that may not be entered: it is not reported again.
bool SpoolFiles::LookAt(const SpoolName& name) {
  const auto bytes = BatchDiskBytes(lock_.directory(), FormatSpoolName(name).c_str());
  if (bytes) Recover(name, *bytes);
  if (bytes || bytes.error() == std::errc::no_such_file_or_directory) return true;
  if (!IsForeign(bytes.error()) && !IsTooLarge(bytes.error())) return false;
  if (IsTooLarge(bytes.error())) {
    SetAsideTooLarge(name);
  } else {
    log_.WarnSometimes("foreign", fmt::format("leaves alone what is no part of the spool: {}", PathOf(name)));
  }
  return true;
}

// Returns the names of files that are no part of the spool.
std::vector<std::string> SpoolFiles::List() {
  BatchListing listing =
      ListBatches(lock_.directory(), [this](const SpoolName& name, std::uint32_t bytes) { Recover(name, bytes); });
  list_again_ = static_cast<bool>(listing.error);
  for (const SpoolName& name : listing.too_large) SetAsideTooLarge(name);
  return std::move(listing.foreign);
}

void SpoolFiles::Recover(const SpoolName& name, std::uint32_t bytes) {
  SpoolIndex& index = contents_.index();
  if (unremoved_.IsIn(index.directory(), name)) return;
  if (index.Return(name)) {
    contents_.changes().released = true;
    return;
  }
  if (!index.Holds(name) && !damaged_.IsLeft(name)) contents_.Recover(name, bytes);
}

// A file that no spool has made counts for nothing, neither for the bound nor as lines.
void SpoolFiles::SetAsideTooLarge(const SpoolName& name) {
  if (damaged_.IsLeft(name) || contents_.index().Holds(name)) return;
  const std::string what = damaged_.SetAsideStranger(lock_.directory(), name);
  log_->warn("{} is larger than 64 MiB, so it can be no batch, and {}", PathOf(name), what);
}

std::vector<SpoolIndex::Id> SpoolFiles::FindGone() {
  std::vector<SpoolIndex::Id> gone;
  std::set<SpoolName> there;
  const auto note = [&there](const SpoolName& name, std::uint32_t) { there.insert(name); };
  if (ListBatches(lock_.directory(), note).error) return gone;
  contents_.index().EachWaiting(SpoolIndex::kOldest, [&](SpoolIndex::Id id, const SpoolEntry& entry) {
    if (!entry.in_memory && there.count(entry.name) == 0) gone.push_back(id);
    return true;
  });
  return gone;
}

void SpoolFiles::Remove(const SpoolEntry& entry, const BatchOutcome& outcome) {
  if (entry.in_memory) return;
  const bool is_here = entry.directory == contents_.index().directory();
  if (!is_here || !RemoveNow(entry.name, outcome)) RemoveLater(entry, outcome);
}

void SpoolFiles::RemoveLater(const SpoolEntry& entry, const BatchOutcome& outcome) {
  unremoved_.Add(entry.name, outcome, entry.directory);
}

// The directory is not synced: a file that comes back after a power cut is sent again, which changes nothing.
bool SpoolFiles::RemoveNow(const SpoolName& name, const BatchOutcome& outcome) {
  return !RemoveSettled(lock_.directory(), FormatSpoolName(name), outcome);
}

bool SpoolFiles::RemoveRest() {
  const auto remove = [this](const SpoolName& name, const BatchOutcome& outcome) { return RemoveNow(name, outcome); };
  return unremoved_.RemoveFrom(contents_.index().directory(), remove, clock_);
}

void SpoolFiles::RemoveRestAtEnd() {
  const SteadyTime until = clock_.SteadyNow() + kRemoveAtEndFor;
  while (lock_.state() == SpoolLock::State::kHeld && !RemoveRest() && clock_.SteadyNow() < until) {
  }
}

std::string SpoolFiles::PathOf(const SpoolName& name) const {
  return fmt::format("{}/{}", lock_.path(), FormatSpoolName(name));
}

}  // namespace vmtelem
