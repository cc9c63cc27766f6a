#include "spool/spool_room_maker.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/parse.h"

namespace vmtelem {
namespace {

constexpr std::int64_t kAheadNs = 60'000'000'000;  // so far from now clocks of one host differ only by mistake

constexpr int kMostAtOnce = 1'000;  // fresh batches wait meanwhile
constexpr std::uint64_t kLeastJoinedBytes = std::uint64_t{64} << 10U;

Result<void> NoRoom(std::string why) { return Fail(ErrorCode::kIo, std::move(why)); }

bool IsNoSpace(std::error_code error) { return error.value() == ENOSPC || error.value() == EDQUOT; }

SpaceAmount FreeIn(const FileSystemSpace& space) { return {space.free_bytes, space.free_inodes}; }

bool IsAny(const SpaceAmount& amount) { return amount.bytes > 0 || amount.inodes > 0; }

// Whether more is free now of the kind that is lacking.
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

SpoolRoomMaker::SpoolRoomMaker(const DiskSpoolOptions& options, SpoolDirectory& directory, const SpoolIndex& index,
                               Clock& clock, GiveUp give_up)
    : options_(options),
      directory_(directory),
      index_(index),
      clock_(clock),
      give_up_(std::move(give_up)),
      share_(directory, index, clock),
      delivered_at_(clock.SteadyNow()) {}

void SpoolRoomMaker::KeepBounds() {
  if (const auto space = SpaceOf(directory_.lock().directory())) share_.Claim(SpoolMaxBytes(options_.limits(), *space));
  (void)MakeRoom(std::nullopt);
}

Result<void> SpoolRoomMaker::MakeRoomFor(std::uint64_t size_bytes) {
  auto made = MakeRoom(size_bytes);
  lacks_space_ = !made;
  share_.NoteRefused(made ? 0 : size_bytes);
  return made;
}

bool SpoolRoomMaker::IsFree(std::uint64_t bytes) {
  const auto space = Look();
  return space && space->free_bytes >= bytes && (space->total_inodes == 0 || space->free_inodes > 0);
}

bool SpoolRoomMaker::IsShort() {
  const auto space = Look();
  if (!space) return false;
  const std::uint64_t bytes = LeftIn(*space);
  const std::uint64_t inodes = Over(FreeInodesFloor(options_.limits(), *space), space->free_inodes);
  return IsLittle(bytes, index_.file_bytes()) || (space->total_inodes > 0 && IsLittle(inodes, index_.files()));
}

std::optional<std::uint64_t> SpoolRoomMaker::LeftBytes() {
  const auto space = Look();
  return space ? std::optional(LeftIn(*space)) : std::nullopt;
}

std::uint64_t SpoolRoomMaker::LeftIn(const FileSystemSpace& space) const {
  const std::uint64_t room = share_.OwnRoom(SpoolMaxBytes(options_.limits(), space));
  return std::min(Over(index_.file_bytes(), room), Over(FreeFloor(options_.limits(), space), space.free_bytes));
}

JoinLimits SpoolRoomMaker::LimitsOfJoined() {
  JoinLimits limits;
  const auto space = Look();
  if (!space) return limits;
  const std::uint64_t part = std::max(SpoolMaxBytes(options_.limits(), *space) / 4, kLeastJoinedBytes);
  limits.max_text_bytes = std::min<std::uint64_t>(limits.max_text_bytes, part);
  return limits;
}

Result<void> SpoolRoomMaker::MakeRoom(std::optional<std::uint64_t> size_bytes) {
  const auto space = Look();
  if (!space) return NoRoom(space.error().message());
  const SpaceAmount more = size_bytes ? SpaceForFile(*space, *size_bytes) : SpaceAmount{};
  share_.LookAtOthers(SpoolMaxBytes(options_.limits(), *space), more.bytes);
  if (auto kept = KeepMax(*space, 0); !kept) return kept;
  if (auto kept = KeepMax(*space, more.bytes); !kept) return kept;
  return RestoreFloor(more);
}

// Batches over our part of the bound go. For a batch that is to come none goes unless that makes it fit.
Result<void> SpoolRoomMaker::KeepMax(const FileSystemSpace& space, std::uint64_t more) {
  const std::uint64_t max_bytes = SpoolMaxBytes(options_.limits(), space);
  const std::uint64_t own_max = share_.OwnMax(max_bytes), own_room = share_.OwnRoom(max_bytes);
  const auto over = [&] { return Over(own_max, index_.file_bytes() + more); };
  if (more > 0 && over() > index_.waiting_file_bytes()) return NoRoom(WhyFull());
  if (more > 0 && std::min(own_max, index_.file_bytes() + more) > own_room) return NoRoom(WhyFull());
  return GiveUpBatches("the spool is full", [&] { return over() > 0 && index_.waiting_files() > 0; });
}

Result<void> SpoolRoomMaker::RestoreFloor(const SpaceAmount& more) {
  const auto space = Look();
  if (!space) return NoRoom(space.error().message());
  const SpaceAmount lacking = SpaceBelowFloor(options_.limits(), *space, more);
  if (!IsAny(lacking)) return {};
  const bool is_delivered = clock_.SteadyNow() < delivered_at_ + kDeliveryShows;
  if (is_delivered && !IsAny(more)) return NoRoom(FloorReason(options_.limits(), *space, lacking));
  const bool is_enough = lacking.bytes <= index_.waiting_file_bytes() && lacking.inodes <= index_.waiting_files();
  return is_enough ? TryForFloor(*space, more) : NoRoom(FloorReason(options_.limits(), *space, lacking));
}

// Whoever has filled the file system may take the space that becomes free as well, at once or until the next look.
Result<void> SpoolRoomMaker::TryForFloor(const FileSystemSpace& space, const SpaceAmount& more) {
  const SteadyTime now = clock_.SteadyNow();
  const SpaceAmount lacking = SpaceBelowFloor(options_.limits(), space, more), free = FreeIn(space);
  const std::string reason = FloorReason(options_.limits(), space, lacking);
  const auto part = std::exchange(free_before_part_, std::nullopt);
  if (part && !IsMore(free, *part, lacking)) relief_.DidNotHelp(free, now);
  if (!relief_.IsDue(free, now)) return NoRoom(reason);
  const std::uint64_t files = index_.files(), bytes = index_.file_bytes();
  const auto goes_on = [&] {
    const SpaceAmount gone{bytes - index_.file_bytes(), files - index_.files()};
    return gone.inodes < relief_.batches() && (gone.bytes < lacking.bytes || gone.inodes < lacking.inodes);
  };
  if (auto made = GiveUpBatches("room was made, since " + reason, goes_on); !made) return made;
  const auto after = Look();
  if (!after) return NoRoom(after.error().message());
  if (!IsAny(SpaceBelowFloor(options_.limits(), *after, more))) return {};
  if (IsMore(FreeIn(*after), free, lacking)) {
    relief_.HelpedInPart();
    free_before_part_ = free;
  } else {
    relief_.DidNotHelp(FreeIn(*after), now);
  }
  return NoRoom(reason);
}

std::error_code SpoolRoomMaker::Write(std::uint64_t size_bytes, const std::function<std::error_code()>& write) {
  std::error_code error = write();
  if (IsNoSpace(error) && clock_.SteadyNow() >= delivered_at_ + kDeliveryShows) {
    const auto space = Look();
    if (space && relief_.IsDue(FreeIn(*space), clock_.SteadyNow())) {
      const bool lacks_inodes = space->total_inodes > 0 && space->free_inodes == 0;
      error = Relieve(lacks_inodes ? 1 : SpaceForFile(*space, size_bytes).bytes, write);
    }
  }
  lacks_space_ = IsNoSpace(error);
  return error;
}

// One batch goes, or as many smaller ones as make up for the new one.
std::error_code SpoolRoomMaker::Relieve(std::uint64_t bytes, const std::function<std::error_code()>& write) {
  std::error_code error = std::make_error_code(std::errc::no_space_on_device);
  if (index_.waiting_file_bytes() < bytes) return error;
  const std::uint64_t held = index_.file_bytes();
  while (IsNoSpace(error) && held - index_.file_bytes() < bytes) {
    if (!GiveUpNext("the file system of the spool is full")) break;
    error = write();
  }
  if (held == index_.file_bytes()) return error;
  freed_.Removed(held - index_.file_bytes(), clock_.SteadyNow());
  const auto after = Look();
  if (!error) relief_.Helped();
  if (IsNoSpace(error) && after) relief_.DidNotHelp(FreeIn(*after), clock_.SteadyNow());
  return error;
}

// Then looks at the free space: before anything is written it shows whether this file system counts it at once.
Result<void> SpoolRoomMaker::GiveUpBatches(const std::string& reason, const std::function<bool()>& goes_on) {
  Result<void> made;
  const std::uint64_t held = index_.file_bytes();
  for (int gone = 0; made && goes_on(); ++gone) {
    made = gone < kMostAtOnce ? GiveUpNext(reason) : NoRoom("so many batches go to make room that it takes a while");
  }
  if (held == index_.file_bytes()) return made;
  freed_.Removed(held - index_.file_bytes(), clock_.SteadyNow());
  (void)Look();
  return made;
}

Result<void> SpoolRoomMaker::GiveUpNext(const std::string& reason) {
  const auto id = NextToGiveUp();
  return id ? give_up_(*id, reason) : NoRoom(WhyFull());
}

std::string SpoolRoomMaker::WhyFull() const {
  return share_.others_hold_any() ? "the batches of other targets fill it" : "it is full";
}

// The oldest, but before it batches with stamps in the future: a clock that ran ahead made them, and else they would
// outlast all that is sampled until then.
std::optional<SpoolIndex::Id> SpoolRoomMaker::NextToGiveUp() const {
  const auto ahead = index_.OldestOnDisk(clock_.WallNowNs() + kAheadNs);
  return ahead ? ahead : index_.OldestOnDisk();
}

// The space that is free now or soon.
IoResult<FileSystemSpace> SpoolRoomMaker::Look() {
  auto space = SpaceOf(directory_.lock().directory());
  if (space) space->free_bytes += freed_.Look(space->free_bytes, clock_.SteadyNow());
  return space;
}

}  // namespace vmtelem
