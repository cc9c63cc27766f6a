#include "libvirt/bulk_session.h"

#include <array>
#include <utility>

#include "libvirt/api/bulk_call.h"
#include "libvirt/api/uri.h"
#include "libvirt/api/virt_error.h"
#include "libvirt/call_floors.h"

namespace vmtelem {
// Drops the connection when it is lost.
template <class T>
Result<T> BulkSession::Noting(Result<T> outcome) {
  if (!outcome && outcome.error().code == ErrorCode::kUnreachable) connected_.reset();
  return outcome;
}

Result<void> BulkSession::Prepare() {
  return Noting(EnsureConnected().and_then([&] { return connected_->pointers.List(); }));
}

Result<void> BulkSession::EnsureConnected() {
  if (connected_ != nullptr) return {};
  auto loop = EventLoop::Share();
  if (!loop) return tl::make_unexpected(loop.error());
  const bool may_cut = UriHost(uri_).empty() && !IsInProcess(uri_);
  if (may_cut) socket_->NoteBefore();
  auto opened = Connection::Open(uri_, means_);
  if (may_cut) socket_->NoteOpened();
  if (!opened) return tl::make_unexpected(opened.error());
  connected_ = std::make_unique<Connected>(std::move(*loop), std::move(*opened));
  return {};
}

Result<ShardResult> BulkSession::Collect(const ShardRequest& request, LaneClock& clock) {
  if (connected_ == nullptr) return Fail(ErrorCode::kUnreachable, "there is no connection");
  const auto found = connected_->pointers.Find(request.domains);
  if (!found) return Noting(Result<ShardResult>(tl::make_unexpected(found.error())));
  const auto begin = clock.Now();
  if (!begin) return Abandoned();
  auto read = connected_->reader.Read(found->pointers, request.query, clock);
  if (!read) return Noting(Result<ShardResult>(tl::make_unexpected(read.error())));
  ShardResult result{std::move(*read), {}, found->some_unknown};
  result.stats.kind = KindOfCall(request.domains, request.query.depth);
  const auto end = clock.Now();
  if (end) result.took = end->steady - begin->steady;
  return result;
}

Result<void> BulkSession::Sweep(const DomainRefs& domains, SweepProgress& progress, LaneClock& clock) {
  if (connected_ == nullptr) return Fail(ErrorCode::kUnreachable, "there is no connection");
  for (std::size_t i = 0; i < domains.size(); ++i) {
    if (!clock.Now()) return Abandoned();
    const auto found = connected_->pointers.Find({domains[i]});
    if (!found) return Noting(Result<void>(tl::make_unexpected(found.error())));
    if (found->pointers.empty()) continue;
    if (auto swept = SweepOne({i, domains[i]->uuid, found->pointers[0]}, progress, clock); !swept)
      return Noting(std::move(swept));
  }
  return {};
}

Result<void> BulkSession::SweepOne(const Swept& vm, SweepProgress& progress, LaneClock& clock) {
  const std::array one{vm.pointer};
  virDomainControlInfo info{};
  progress.Begin(vm.index);
  const auto records = GetStats(one, VIR_DOMAIN_STATS_STATE, true);
  bool answered = records.has_value();
  if (!clock.Now()) return Abandoned();
  if (answered && !records->all.empty()) {
    // This looks the VM up, whose lock was free just now.
    progress.Begin(vm.index);
    answered = virDomainGetControlInfo(vm.pointer, &info, 0) == 0;
  }
  if (!answered) {
    const VirtError error = LastVirtError();
    if (!connected_->connection.LostAfter(error)) return {};
    return tl::make_unexpected(connected_->connection.Failure("read the state of a VM", error));
  }
  if (info.state == VIR_DOMAIN_CONTROL_OCCUPIED) {
    progress.NoteBlocked({vm.uuid, std::chrono::milliseconds(info.stateTime)});
  }
  return {};
}

// This call has normal priority. Most calls that touch no VM have high priority: the daemon answers them on separate
// workers, even when all workers that read statistics are stuck.
Result<void> BulkSession::Ping() {
  if (connected_ == nullptr) return Fail(ErrorCode::kUnreachable, "there is no connection");
  if (virNodeGetCPUMap(connected_->connection.get(), nullptr, nullptr, 0) >= 0) return {};
  const VirtError error = LastVirtError();
  // A driver that lacks the call has answered all the same.
  if (!connected_->connection.LostAfter(error)) return {};
  return Noting(
      Result<void>(tl::make_unexpected(connected_->connection.Failure("ask for the CPUs of the host", error))));
}

}  // namespace vmtelem
