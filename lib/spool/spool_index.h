#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <vector>

#include "spool/spool_name.h"

namespace vmtelem {

// One batch in the index.
struct SpoolEntry {
  SpoolName name;
  std::uint32_t bytes = 0;  // disk space of its file; 0 while only memory holds it
  bool in_memory = false;
  std::uint16_t directory = 0;  // that holds the file; set by the index when the entry is added
};

// The batches of a spool by name, without their content: which wait, which are handed out, how much they add up to.
// About 90 bytes for each, so that a backlog of days costs megabytes; every operation is O(log n). An id is never used
// again. Not thread-safe.
class SpoolIndex {
 public:
  using Id = std::uint64_t;
  static constexpr std::int64_t kFirstStamp = std::numeric_limits<std::int64_t>::min();
  static constexpr std::int64_t kLastStamp = std::numeric_limits<std::int64_t>::max();

  static constexpr SpoolName kOldest{kFirstStamp, kFirstStamp, 0, 0};

  SpoolIndex();
  SpoolIndex(const SpoolIndex&) = delete;  // the sets refer to the slots
  SpoolIndex& operator=(const SpoolIndex&) = delete;

  Id Add(const SpoolEntry& entry);  // it waits
  // The entry of a batch that waits has become another.
  void Replace(Id id, const SpoolEntry& entry);

  [[nodiscard]] bool Waits(Id id) const;
  [[nodiscard]] bool Holds(const SpoolName& name) const;
  [[nodiscard]] const SpoolEntry* Find(Id id) const;  // null if it is unknown; valid until the next change
  [[nodiscard]] std::optional<Id> Find(const SpoolName& name) const;  // of a batch that was not handed out
  [[nodiscard]] std::optional<Id> Oldest() const;                     // of those that wait
  // Of those that wait; of those whose stamps begin then or later.
  [[nodiscard]] std::optional<Id> OldestOnDisk(std::int64_t from_wall_ns = kFirstStamp) const;
  // Calls `visit` with those that wait, in the order of delivery and from this name on, until it returns false.
  void EachWaiting(const SpoolName& from, const std::function<bool(Id, const SpoolEntry&)>& visit) const;

  void HandOut(Id id);   // one that waits
  void Postpone(Id id);  // one that waits: it does not, until PutBack()
  void PutBack();        // all that were postponed wait
  void Forget(Id id);

  // From now on files are in this directory. Those that wait in another are away: they still count as batches and
  // lines, and wait again, under their ids, when their directory is entered once more.
  void Enter(std::uint16_t directory);
  [[nodiscard]] std::uint16_t directory() const { return directory_; }
  // The file of this name is in this directory now. True if it is that of a batch that was away, which waits again.
  bool Return(const SpoolName& name);
  [[nodiscard]] std::vector<Id> Away() const { return IdsOf(away_); }
  [[nodiscard]] std::vector<Id> HandedOut() const { return IdsOf(handed_out_); }

  [[nodiscard]] std::uint64_t batches() const { return sums_.batches; }
  [[nodiscard]] std::uint64_t files() const { return sums_.files; }  // batches that are not only in memory
  [[nodiscard]] std::uint64_t lines() const { return sums_.lines; }
  [[nodiscard]] std::uint64_t away_lines() const { return sums_.away_lines; }
  [[nodiscard]] std::uint64_t file_bytes() const { return sums_.file_bytes; }  // but for those that are away
  [[nodiscard]] std::uint64_t waiting_files() const { return sums_.waiting_files; }
  [[nodiscard]] std::uint64_t waiting_file_bytes() const { return sums_.waiting_file_bytes; }

 private:
  using SlotNumber = std::uint32_t;
  enum class Place : std::uint8_t { kNowhere, kWaiting, kPostponed, kHandedOut, kAway };

  struct Slot {
    SpoolEntry entry;
    std::uint32_t use = 0;  // how many batches had this slot: the upper half of the id
    Place place = Place::kNowhere;
  };

  struct Older {
    using is_transparent = void;
    const std::deque<Slot>* slots;
    [[nodiscard]] const SpoolName& Name(SlotNumber number) const { return (*slots)[number].entry.name; }
    bool operator()(SlotNumber a, SlotNumber b) const { return Name(a) != Name(b) ? Name(a) < Name(b) : a < b; }
    bool operator()(SlotNumber a, const SpoolName& b) const { return Name(a) < b; }
    bool operator()(const SpoolName& a, SlotNumber b) const { return a < Name(b); }
  };
  using Ordered = std::set<SlotNumber, Older>;

  struct Sums {
    std::uint64_t batches = 0, files = 0, lines = 0, away_lines = 0, file_bytes = 0;
    std::uint64_t waiting_files = 0, waiting_file_bytes = 0;
  };

  [[nodiscard]] Id IdOf(SlotNumber number) const;
  [[nodiscard]] std::vector<Id> IdsOf(const Ordered& slots) const;
  [[nodiscard]] const Slot* SlotOf(Id id) const;
  Ordered& At(Place place);
  void Move(Id id, Place to);
  void Count(const Slot& slot, bool more);

  std::deque<Slot> slots_;
  std::vector<SlotNumber> free_;
  std::uint16_t directory_ = 0;
  Ordered waiting_, postponed_, handed_out_, away_;
  Sums sums_;
};

}  // namespace vmtelem
