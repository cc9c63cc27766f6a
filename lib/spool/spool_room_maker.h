#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <system_error>

#include "base/clock.h"
#include "base/result.h"
#include "spool/fs/pending_free_space.h"
#include "spool/join_plan.h"
#include "spool/space_relief.h"
#include "spool/spool_directory.h"
#include "spool/spool_index.h"
#include "spool/spool_quota.h"
#include "spool/target_share.h"

namespace vmtelem {

// Makes room for a batch at the cost of those that wait, within three bounds:
// - SPOOL_MAX_BYTES, which is strict: the next batches of this target go, and when that is not enough, because other
//   targets fill it, new batches find no room. A target that has less than its fair share keeps its batches and claims
//   more, for which others that hold more than theirs make room, see TargetShare.
// - The floor of free bytes and inodes on the file system: it only costs batches if that restores it, a few at a time;
//   giving them all up for a disk that somebody else fills would help nobody.
// - The space that the file system grants, which may be less than it reports (a quota): a batch goes if that lets the
//   new one be written. None goes while batches are delivered, which makes room as well.
//
// Each call needs the lock of the directory. An error says why there is no room. Writer's thread; what it refers to
// must outlive it. Blocks as long as the disk does.
class SpoolRoomMaker {
 public:
  // Gives up this batch, which waits on the disk.
  using GiveUp = std::function<Result<void>(SpoolIndex::Id id, const std::string& reason)>;

  // While the last delivery is no longer ago, the batches that wait are about to be delivered too. So are those that
  // are found at start.
  static constexpr Nanoseconds kDeliveryShows = std::chrono::seconds(5);

  SpoolRoomMaker(const DiskSpoolOptions& options, SpoolDirectory& directory, const SpoolIndex& index, Clock& clock,
                 GiveUp give_up);

  // For the batches that wait now, and for a file of that size that is to be written.
  void KeepBounds();
  Result<void> MakeRoomFor(std::uint64_t size_bytes);

  // Whether so much is free, for a moment, whatever the bounds are.
  bool IsFree(std::uint64_t bytes);

  // Whether less than an eighth of the room for our batches is left.
  bool IsShort();
  // How many bytes may be added before batches go for it; absent if the file system does not say.
  std::optional<std::uint64_t> LeftBytes();

  // Of batches that are made of small ones: each is a small part of the spool, since it is given up as a whole.
  JoinLimits LimitsOfJoined();

  // Calls `write`, which writes that file, and again if it lacks space and something may be given up for it.
  std::error_code Write(std::uint64_t size_bytes, const std::function<std::error_code()>& write);

  void Delivered() { delivered_at_ = clock_.SteadyNow(); }
  void BeginAttempt() { lacks_space_ = false; }
  // The attempt to write that was begun last found no space.
  [[nodiscard]] bool lacks_space() const { return lacks_space_; }

 private:
  [[nodiscard]] std::uint64_t LeftIn(const FileSystemSpace& space) const;
  Result<void> MakeRoom(std::optional<std::uint64_t> size_bytes);
  Result<void> KeepMax(const FileSystemSpace& space, std::uint64_t more_bytes);
  Result<void> RestoreFloor(const SpaceAmount& more);
  Result<void> TryForFloor(const FileSystemSpace& space, const SpaceAmount& more);
  std::error_code Relieve(std::uint64_t bytes, const std::function<std::error_code()>& write);
  Result<void> GiveUpBatches(const std::string& reason, const std::function<bool()>& goes_on);
  [[nodiscard]] std::string WhyFull() const;
  Result<void> GiveUpNext(const std::string& reason);
  [[nodiscard]] std::optional<SpoolIndex::Id> NextToGiveUp() const;
  IoResult<FileSystemSpace> Look();

  const DiskSpoolOptions options_;
  SpoolDirectory& directory_;
  const SpoolIndex& index_;
  Clock& clock_;
  const GiveUp give_up_;
  TargetShare share_;
  PendingFreeSpace freed_;
  SpaceRelief relief_;
  std::optional<SpaceAmount> free_before_part_;  // before the last try for the floor, which restored a part of it
  SteadyTime delivered_at_;
  bool lacks_space_ = false;
};

}  // namespace vmtelem
