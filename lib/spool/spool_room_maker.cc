#include "spool/spool_room_maker.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/parse.h"

namespace vmtelem {
namespace {

constexpr std::int64_t kAheadNs = 60'000'000'000;  // so far from now clocks of one host differ only by mistake

constexpr int kMostAtOnce = 1'000;  // what is fresh waits meanwhile
constexpr std::uint64_t kLeastJoinedBytes = std::uint64_t{64} << 10U;

bool IsNoSpace(std::error_code error) { return error.value() == ENOSPC || error.value() == EDQUOT; }

SpaceAmount FreeIn(const FileSystemSpace& space) { return {space.free_bytes, space.free_inodes}; }

bool IsAny(const SpaceAmount& amount) { return amount.bytes > 0 || amount.inodes > 0; }

// Of what is lacking.
bool IsMore(const SpaceAmount& now, const SpaceAmount& before, const SpaceAmount& lacking) {
  return (lacking.bytes > 0 && now.bytes > before.bytes) || (lacking.inodes > 0 && now.inodes > before.inodes);
}

std::string FloorReason(const SpoolLimits& limits, const FileSystemSpace& space, const SpaceAmount& lacking) {
  const std::string floor = lacking.bytes > 0 ? FormatSize(FreeFloor(limits, space))
                                              : fmt::format("{} inodes", FreeInodesFloor(limits, space));
  return fmt::format("less than {} would stay free on its file system", floor);
}

std::uint64_t Over(std::uint64_t bound, std::uint64_t amount) { return amount > bound ? amount - bound : 0; }

bool IsLittle(std::uint64_t left, std::uint64_t held) { return left < held / 7; }

}  // namespace

SpoolRoomMaker::SpoolRoomMaker(SpoolLimits limits, const SpoolIndex& index, Clock& clock, GiveUp give_up)
    : limits_(limits), index_(index), clock_(clock), give_up_(std::move(give_up)), delivered_at_(clock.SteadyNow()) {}

SpoolRoomMaker::Why SpoolRoomMaker::KeepBounds(const SpoolLock& lock) {
  Claim(lock);
  return MakeRoom(lock, std::nullopt);
}

// What others make room for is looked for at once.
void SpoolRoomMaker::Claim(const SpoolLock& lock) {
  const auto space = SpaceOf(lock.directory());
  if (!space) return;
  const SteadyTime now = clock_.SteadyNow();
  const auto bytes = ClaimOf(SpoolMaxBytes(limits_, *space), index_.file_bytes(), refused_bytes_, others_.shares(now));
  if (claim_.Keep(lock.directory(), bytes, now)) others_.Expire();
}

// Again before anything goes or is refused for what they hold, and whenever ours has grown by a 16th of the bound: by
// no more than that targets which grow together exceed it.
void SpoolRoomMaker::LookAtOthers(const SpoolLock& lock, const FileSystemSpace& space, std::uint64_t more_bytes) {
  const SteadyTime now = clock_.SteadyNow();
  const std::uint64_t max_bytes = SpoolMaxBytes(limits_, space), held = index_.file_bytes();
  if (held > held_when_counted_ + max_bytes / 16) others_.Expire();
  if (held + more_bytes > OwnRoomBytes(max_bytes, others_.shares(now))) others_.ExpireSoon();
  if (others_.Refresh(lock.root_directory(), lock.target(), now)) held_when_counted_ = held;
  held_when_counted_ = std::min(held_when_counted_, held);
}

SpoolRoomMaker::Why SpoolRoomMaker::MakeRoomFor(const SpoolLock& lock, std::uint64_t size_bytes) {
  Why trouble = MakeRoom(lock, size_bytes);
  lacks_space_ = trouble.has_value();
  refused_bytes_ = trouble ? size_bytes : 0;
  return trouble;
}

bool SpoolRoomMaker::IsFree(const SpoolLock& lock, std::uint64_t bytes) {
  const auto space = Look(lock);
  return space && space->free_bytes >= bytes && (space->total_inodes == 0 || space->free_inodes > 0);
}

bool SpoolRoomMaker::IsShort(const SpoolLock& lock) {
  const auto space = Look(lock);
  if (!space) return false;
  const std::uint64_t room = OwnRoomBytes(SpoolMaxBytes(limits_, *space), others_.shares(clock_.SteadyNow()));
  const std::uint64_t bytes =
      std::min(Over(index_.file_bytes(), room), Over(FreeFloor(limits_, *space), space->free_bytes));
  const std::uint64_t inodes = Over(FreeInodesFloor(limits_, *space), space->free_inodes);
  return IsLittle(bytes, index_.file_bytes()) || (space->total_inodes > 0 && IsLittle(inodes, index_.files()));
}

JoinLimits SpoolRoomMaker::LimitsOfJoined(const SpoolLock& lock) {
  JoinLimits limits;
  const auto space = Look(lock);
  if (!space) return limits;
  const std::uint64_t part = std::max(SpoolMaxBytes(limits_, *space) / 4, kLeastJoinedBytes);
  limits.max_text_bytes = std::min<std::uint64_t>(limits.max_text_bytes, part);
  return limits;
}

SpoolRoomMaker::Why SpoolRoomMaker::MakeRoom(const SpoolLock& lock, std::optional<std::uint64_t> size_bytes) {
  const auto space = Look(lock);
  if (!space) return space.error().message();
  const SpaceAmount more = size_bytes ? SpaceForFile(*space, *size_bytes) : SpaceAmount{};
  LookAtOthers(lock, *space, more.bytes);
  if (Why trouble = KeepMax(lock, *space, 0)) return trouble;
  if (Why trouble = KeepMax(lock, *space, more.bytes)) return trouble;
  return RestoreFloor(lock, more);
}

// What is over our part of the bound goes. For what is to come nothing goes that does not make it fit.
SpoolRoomMaker::Why SpoolRoomMaker::KeepMax(const SpoolLock& lock, const FileSystemSpace& space, std::uint64_t more) {
  const auto shares = others_.shares(clock_.SteadyNow());
  const std::uint64_t max_bytes = SpoolMaxBytes(limits_, space);
  const std::uint64_t own_max = OwnMaxBytes(max_bytes, shares), own_room = OwnRoomBytes(max_bytes, shares);
  const auto over = [&] { return Over(own_max, index_.file_bytes() + more); };
  if (more > 0 && over() > index_.waiting_file_bytes()) return WhyFull();
  if (more > 0 && std::min(own_max, index_.file_bytes() + more) > own_room) return WhyFull();
  return GiveUpBatches(lock, "the spool is full", [&] { return over() > 0 && index_.waiting_files() > 0; });
}

SpoolRoomMaker::Why SpoolRoomMaker::RestoreFloor(const SpoolLock& lock, const SpaceAmount& more) {
  const auto space = Look(lock);
  if (!space) return space.error().message();
  const SpaceAmount lacking = SpaceBelowFloor(limits_, *space, more);
  if (!IsAny(lacking)) return std::nullopt;
  const bool is_delivered = clock_.SteadyNow() < delivered_at_ + kDeliveryShows;
  if (is_delivered && !IsAny(more)) return FloorReason(limits_, *space, lacking);
  const bool is_enough = lacking.bytes <= index_.waiting_file_bytes() && lacking.inodes <= index_.waiting_files();
  return is_enough ? TryForFloor(lock, *space, more) : FloorReason(limits_, *space, lacking);
}

// Whoever has filled the file system may take what becomes free as well, at once or until the next look.
SpoolRoomMaker::Why SpoolRoomMaker::TryForFloor(const SpoolLock& lock, const FileSystemSpace& space,
                                                const SpaceAmount& more) {
  const SteadyTime now = clock_.SteadyNow();
  const SpaceAmount lacking = SpaceBelowFloor(limits_, space, more), free = FreeIn(space);
  const std::string reason = FloorReason(limits_, space, lacking);
  const auto part = std::exchange(free_before_part_, std::nullopt);
  if (part && !IsMore(free, *part, lacking)) relief_.DidNotHelp(free, now);
  if (!relief_.IsDue(free, now)) return reason;
  const std::uint64_t files = index_.files(), bytes = index_.file_bytes();
  const auto goes_on = [&] {
    const SpaceAmount gone{bytes - index_.file_bytes(), files - index_.files()};
    return gone.inodes < relief_.batches() && (gone.bytes < lacking.bytes || gone.inodes < lacking.inodes);
  };
  if (Why trouble = GiveUpBatches(lock, "room was made, since " + reason, goes_on)) return trouble;
  const auto after = Look(lock);
  if (!after) return after.error().message();
  if (!IsAny(SpaceBelowFloor(limits_, *after, more))) return std::nullopt;
  if (IsMore(FreeIn(*after), free, lacking)) {
    relief_.HelpedInPart();
    free_before_part_ = free;
  } else {
    relief_.DidNotHelp(FreeIn(*after), now);
  }
  return reason;
}

std::error_code SpoolRoomMaker::Write(const SpoolLock& lock, std::uint64_t size_bytes,
                                      const std::function<std::error_code()>& write) {
  std::error_code error = write();
  if (IsNoSpace(error) && clock_.SteadyNow() >= delivered_at_ + kDeliveryShows) {
    const auto space = Look(lock);
    if (space && relief_.IsDue(FreeIn(*space), clock_.SteadyNow())) {
      const bool lacks_inodes = space->total_inodes > 0 && space->free_inodes == 0;
      error = Relieve(lock, lacks_inodes ? 1 : SpaceForFile(*space, size_bytes).bytes, write);
    }
  }
  lacks_space_ = IsNoSpace(error);
  return error;
}

// One batch goes, or as many smaller ones as make up for the new one.
std::error_code SpoolRoomMaker::Relieve(const SpoolLock& lock, std::uint64_t bytes,
                                        const std::function<std::error_code()>& write) {
  std::error_code error = std::make_error_code(std::errc::no_space_on_device);
  if (index_.waiting_file_bytes() < bytes) return error;
  const std::uint64_t held = index_.file_bytes();
  while (IsNoSpace(error) && held - index_.file_bytes() < bytes) {
    if (GiveUpNext("the file system of the spool is full")) break;
    error = write();
  }
  if (held == index_.file_bytes()) return error;
  freed_.Removed(held - index_.file_bytes(), clock_.SteadyNow());
  const auto after = Look(lock);
  if (!error) relief_.Helped();
  if (IsNoSpace(error) && after) relief_.DidNotHelp(FreeIn(*after), clock_.SteadyNow());
  return error;
}

// Then looks at what is free: before anything is written it shows whether this file system tells at once.
SpoolRoomMaker::Why SpoolRoomMaker::GiveUpBatches(const SpoolLock& lock, const std::string& reason,
                                                  const std::function<bool()>& goes_on) {
  Why trouble;
  const std::uint64_t held = index_.file_bytes();
  for (int gone = 0; !trouble && goes_on(); ++gone) {
    trouble = gone < kMostAtOnce ? GiveUpNext(reason) : Why("so many batches go to make room that it takes a while");
  }
  if (held == index_.file_bytes()) return trouble;
  freed_.Removed(held - index_.file_bytes(), clock_.SteadyNow());
  Look(lock);
  return trouble;
}

SpoolRoomMaker::Why SpoolRoomMaker::GiveUpNext(const std::string& reason) {
  const auto id = NextToGiveUp();
  return id ? give_up_(*id, reason) : WhyFull();
}

std::string SpoolRoomMaker::WhyFull() const {
  return others_.bytes() > 0 ? "the batches of other targets fill it" : "it is full";
}

// The oldest, but before it what has stamps of times to come: a clock that ran ahead made them, and else they would
// outlast all that is sampled until then.
std::optional<SpoolIndex::Id> SpoolRoomMaker::NextToGiveUp() const {
  const auto ahead = index_.OldestOnDisk(clock_.WallNowNs() + kAheadNs);
  return ahead ? ahead : index_.OldestOnDisk();
}

// What is free now or soon.
IoResult<FileSystemSpace> SpoolRoomMaker::Look(const SpoolLock& lock) {
  auto space = SpaceOf(lock.directory());
  if (space) space->free_bytes += freed_.Look(space->free_bytes, clock_.SteadyNow());
  return space;
}

}  // namespace vmtelem
