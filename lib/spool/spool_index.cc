#include "spool/spool_index.h"

#include <algorithm>

namespace vmtelem {

SpoolIndex::SpoolIndex()
    : waiting_(Older{&slots_}), postponed_(Older{&slots_}), handed_out_(Older{&slots_}), away_(Older{&slots_}) {}

SpoolIndex::Id SpoolIndex::Add(const SpoolEntry& entry) {
  if (free_.empty()) {
    free_.push_back(static_cast<SlotNumber>(slots_.size()));
    slots_.emplace_back();
  }
  const SlotNumber number = free_.back();
  free_.pop_back();
  Slot& slot = slots_[number];
  slot.entry = entry;
  slot.entry.directory = directory_;
  slot.place = Place::kWaiting;
  ++slot.use;
  waiting_.insert(number);
  Count(slot, true);
  return IdOf(number);
}

void SpoolIndex::Replace(Id id, const SpoolEntry& entry) {
  Slot& slot = slots_[static_cast<SlotNumber>(id)];
  auto node = waiting_.extract(static_cast<SlotNumber>(id));
  Count(slot, false);
  slot.entry = entry;
  slot.entry.directory = directory_;
  Count(slot, true);
  waiting_.insert(std::move(node));
}

bool SpoolIndex::Waits(Id id) const {
  const Slot* slot = SlotOf(id);
  return slot != nullptr && slot->place == Place::kWaiting;
}

bool SpoolIndex::Holds(const SpoolName& name) const {
  return waiting_.find(name) != waiting_.end() || handed_out_.find(name) != handed_out_.end() ||
         postponed_.find(name) != postponed_.end() || away_.find(name) != away_.end();
}

const SpoolEntry* SpoolIndex::Find(Id id) const {
  const Slot* slot = SlotOf(id);
  return slot == nullptr ? nullptr : &slot->entry;
}

std::optional<SpoolIndex::Id> SpoolIndex::Find(const SpoolName& name) const {
  for (const Ordered* place : {&waiting_, &postponed_, &away_}) {
    if (const auto found = place->find(name); found != place->end()) return IdOf(*found);
  }
  return std::nullopt;
}

std::optional<SpoolIndex::Id> SpoolIndex::Oldest() const {
  if (waiting_.empty()) return std::nullopt;
  return IdOf(*waiting_.begin());
}

// Batches in memory are few and, unless the clock was set back, the newest.
std::optional<SpoolIndex::Id> SpoolIndex::OldestOnDisk(std::int64_t from_wall_ns) const {
  const auto first = waiting_.lower_bound(SpoolName{from_wall_ns, kFirstStamp, 0, 0});
  const auto found =
      std::find_if(first, waiting_.end(), [this](SlotNumber number) { return !slots_[number].entry.in_memory; });
  if (found == waiting_.end()) return std::nullopt;
  return IdOf(*found);
}

void SpoolIndex::EachWaiting(const SpoolName& from, const std::function<bool(Id, const SpoolEntry&)>& visit) const {
  for (auto at = waiting_.lower_bound(from); at != waiting_.end(); ++at) {
    if (!visit(IdOf(*at), slots_[*at].entry)) return;
  }
}

void SpoolIndex::HandOut(Id id) { Move(id, Place::kHandedOut); }

void SpoolIndex::Postpone(Id id) { Move(id, Place::kPostponed); }

void SpoolIndex::PutBack() {
  while (!postponed_.empty()) Move(IdOf(*postponed_.begin()), Place::kWaiting);
}

void SpoolIndex::Enter(std::uint16_t directory) {
  PutBack();
  directory_ = directory;
  const std::vector<Id> away = Away();
  for (const Id id : IdsOf(waiting_)) {
    const SpoolEntry& entry = *Find(id);
    if (!entry.in_memory && entry.directory != directory) Move(id, Place::kAway);
  }
  for (const Id id : away) {
    if (Find(id)->directory == directory) Move(id, Place::kWaiting);
  }
}

bool SpoolIndex::Return(const SpoolName& name) {
  const auto handed_out = handed_out_.find(name);
  if (handed_out != handed_out_.end()) slots_[*handed_out].entry.directory = directory_;
  const auto found = away_.find(name);
  if (found == away_.end()) return false;
  slots_[*found].entry.directory = directory_;
  Move(IdOf(*found), Place::kWaiting);
  return true;
}

std::vector<SpoolIndex::Id> SpoolIndex::IdsOf(const Ordered& slots) const {
  std::vector<Id> ids;
  for (const SlotNumber number : slots) ids.push_back(IdOf(number));
  return ids;
}

void SpoolIndex::Forget(Id id) { Move(id, Place::kNowhere); }

SpoolIndex::Id SpoolIndex::IdOf(SlotNumber number) const { return Id{slots_[number].use} << 32U | number; }

const SpoolIndex::Slot* SpoolIndex::SlotOf(Id id) const {
  const auto number = static_cast<SlotNumber>(id);
  if (number >= slots_.size() || slots_[number].place == Place::kNowhere || IdOf(number) != id) return nullptr;
  return &slots_[number];
}

SpoolIndex::Ordered& SpoolIndex::At(Place place) {
  if (place == Place::kWaiting) return waiting_;
  if (place == Place::kAway) return away_;
  return place == Place::kPostponed ? postponed_ : handed_out_;
}

void SpoolIndex::Move(Id id, Place to) {
  if (SlotOf(id) == nullptr) return;
  const auto number = static_cast<SlotNumber>(id);
  Slot& slot = slots_[number];
  auto node = At(slot.place).extract(number);
  Count(slot, false);
  slot.place = to;
  if (to == Place::kNowhere) {
    free_.push_back(number);
    return;
  }
  Count(slot, true);
  At(to).insert(std::move(node));
}

void SpoolIndex::Count(const Slot& slot, bool more) {
  const auto count = [more](std::uint64_t& sum, std::uint64_t value) { sum = more ? sum + value : sum - value; };
  count(sums_.batches, 1);
  if (!slot.entry.in_memory) count(sums_.files, 1);
  count(sums_.lines, slot.entry.name.lines);
  if (slot.place == Place::kAway) {
    count(sums_.away_lines, slot.entry.name.lines);
  } else {
    count(sums_.file_bytes, slot.entry.bytes);
  }
  if (slot.place != Place::kWaiting || slot.entry.in_memory) return;
  count(sums_.waiting_files, 1);
  count(sums_.waiting_file_bytes, slot.entry.bytes);
}

}  // namespace vmtelem
