#include "spool/batch_joiner.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "spool/fs/safe_open.h"
#include "spool/spool_file.h"

namespace vmtelem {
namespace {

SpoolName After(SpoolName name) {
  ++name.lines;
  return name;
}

// The lines of a batch, unless a process waits for it: that one holds a lock on the file, and reads in the file what
// became of the lines.
std::shared_ptr<const Batch> ReadFree(const FileDescriptor& directory, const SpoolName& name, std::size_t text_bytes) {
  const std::string text = FormatSpoolName(name);
  const auto file = OpenAndLock([&](int access) { return OpenOwnFile(directory, text.c_str(), access); });
  if (!file) return nullptr;
  auto batch = ReadOpenSpoolFile(*file, name, text_bytes);
  return batch ? std::move(*batch) : nullptr;
}

}  // namespace

std::optional<BatchJoiner::Joined> BatchJoiner::Next(const SpoolIndex& index, const Place& place) {
  const std::uint64_t files = index.files();
  if (!Begin(files, FewOf(files, place), place.clock.SteadyNow())) return std::nullopt;
  const JoinPlan plan = Plan(index, place);
  if (plan.parts().size() < 2) {
    End(files);
    return std::nullopt;
  }
  if (!place.is_free(std::min<std::uint64_t>(plan.file_bytes(), place.limits.max_text_bytes))) {
    Failed(place.clock.SteadyNow());
    return std::nullopt;
  }
  return Read(index, plan.parts(), place);
}

bool BatchJoiner::MakesRoom(std::uint64_t files, SteadyTime now) {
  return Begin(files, std::min(few_files_, kFewWhereShort), now) && now < worked_at_ + kTurn;
}

std::uint64_t BatchJoiner::FewOf(std::uint64_t files, const Place& place) const {
  return files > kFewWhereShort && place.is_short() ? std::min(few_files_, kFewWhereShort) : few_files_;
}

// Where most files cannot be joined, it does not go through them for each one that comes.
bool BatchJoiner::Begin(std::uint64_t files, std::uint64_t few, SteadyTime now) {
  left_ = std::min(left_, files);
  if (under_way_ || now < not_before_) return under_way_;
  if (files <= std::max(few, left_ + few / 2)) return false;
  parts_ = joined_ = 0;
  worked_at_ = now;
  next_ = SpoolIndex::kOldest;
  return under_way_ = true;
}

void BatchJoiner::End(std::uint64_t files) {
  under_way_ = false;
  left_ = files;
  if (joined_ > 0) log_->info("{} joined to {} in the spool", CountOf(parts_, "batch file"), joined_);
}

void BatchJoiner::Failed(SteadyTime now) {
  under_way_ = false;
  not_before_ = now + kPause;
}

JoinPlan BatchJoiner::Plan(const SpoolIndex& index, const Place& place) const {
  JoinPlan plan(place.limits, place.clock.WallNowNs() - kSettledAfterNs);
  index.EachWaiting(next_, [&plan](SpoolIndex::Id id, const SpoolEntry& entry) { return plan.Offer(id, entry); });
  return plan;
}

// Ends where the text of the next one does not fit, or the time is up: the next call goes on there.
std::optional<BatchJoiner::Joined> BatchJoiner::Read(const SpoolIndex& index, const std::vector<SpoolIndex::Id>& plan,
                                                     const Place& place) {
  const SteadyTime until = place.clock.SteadyNow() + kReadFor;
  const std::size_t small = place.limits.max_text_bytes / 2;
  std::vector<SpoolIndex::Id> parts;
  Lines lines;
  std::uint64_t parts_bytes = 0;
  for (const SpoolIndex::Id id : plan) {
    const SpoolName& name = index.Find(id)->name;
    const std::size_t room = place.limits.max_text_bytes - lines.bytes.size();
    if (place.clock.SteadyNow() > until) break;
    const auto part = ReadFree(place.directory, name, std::min(small, room));
    if (!part && room < small) break;  // it may be whole, and have more text
    next_ = After(name);
    if (!part) continue;
    lines.Append(part->lines());
    parts.push_back(id);
    parts_bytes += index.Find(id)->bytes;
  }
  if (parts.size() < 2) return std::nullopt;
  const Batch joined = Packed(Batch(std::move(lines)), place.compressor);
  if (!joined.gzip()) return std::nullopt;
  parts_ += parts.size();
  ++joined_;
  if (joined.gzip()->size() <= parts_bytes / 2) worked_at_ = place.clock.SteadyNow();  // else it makes little room
  return Joined{joined, std::move(parts)};
}

}  // namespace vmtelem
