#include "libvirt/bulk_session.h"

#include <utility>

#include "libvirt/call_floors.h"

namespace vmtelem {

Result<BulkSession::Reply> BulkSession::Read(Request request, LaneClock& clock) {
  return EnsureConnected()
      .and_then([&] { return ReadConnected(std::move(request), clock); })
      .map_error([&](Error error) {
        if (error.code == ErrorCode::kUnreachable) connected_.reset();
        return error;
      });
}

Result<void> BulkSession::EnsureConnected() {
  if (connected_ != nullptr) return {};
  auto loop = EventLoop::Share();
  if (!loop) return tl::make_unexpected(loop.error());
  auto opened = Connection::Open(uri_);
  if (!opened) return tl::make_unexpected(opened.error());
  connected_ = std::make_unique<Connected>(std::move(*loop), std::move(*opened));
  return {};
}

Result<BulkSession::Reply> BulkSession::ReadConnected(Request request, LaneClock& clock) {
  const auto pointers = connected_->pointers.Find(request.domains, request.lookup);
  if (!pointers) return tl::make_unexpected(pointers.error());
  const auto begin = clock.Now();
  if (!begin) return Fail(ErrorCode::kTimeout, "the call was given up");
  Reply reply{std::move(request.memory), {}};
  auto read = connected_->reader.Read(*pointers, request.question, reply.answer, clock);
  if (!read) return tl::make_unexpected(read.error());
  reply.answer.kind = KindOfCall(request.domains, request.question.depth);
  connected_->pointers.Prune(request.domains, request.known);
  const auto end = clock.Now();
  if (end) reply.took = end->steady - begin->steady;
  return reply;
}

}  // namespace vmtelem
