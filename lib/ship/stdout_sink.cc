#include "ship/stdout_sink.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/visible_text.h"

namespace vmtelem {
namespace {

// A pipe that is ready takes so much without blocking (pipe(7)); more might block although poll() said ready.
constexpr std::size_t kChunkBytes = PIPE_BUF;

int MakeEventDescriptor() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

// Rounded up: a wait that is cut short would spin until its deadline.
int PollTimeout(SteadyTime deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX));
}

SteadyTime DeadlineAfter(Nanoseconds timeout) {
  const SteadyTime now = std::chrono::steady_clock::now();
  return timeout > SteadyTime::max() - now ? SteadyTime::max() : now + timeout;
}

Error ErrorOf(int number) {
  if (number == EPIPE) return {ErrorCode::kClosed, "the reader of standard output has gone", {}};
  return {ErrorCode::kIo, fmt::format("cannot write to standard output: {}", std::strerror(number)), {}};
}

}  // namespace

StdoutSink::StdoutSink(int fd, std::function<void(const Error&)> on_broken)
    : fd_(fd), is_terminal_(::isatty(fd) == 1), wake_fd_(MakeEventDescriptor()), on_broken_(std::move(on_broken)) {}

StdoutSink::~StdoutSink() { ::close(wake_fd_); }

void StdoutSink::Start(TransferId id, std::shared_ptr<const Batch> batch) {
  std::string visible = is_terminal_ ? VisibleLines(batch->bytes()) : std::string();
  transfers_.push_back({id, std::move(batch), std::move(visible), std::chrono::steady_clock::now()});
}

std::vector<Completion> StdoutSink::Wait(Nanoseconds timeout) {
  const SteadyTime deadline = DeadlineAfter(timeout);
  while (completions_.empty()) {
    if (broken_ && !transfers_.empty()) {
      while (!transfers_.empty()) Complete(Action::kHold);
      break;
    }
    if (AwaitEvent(deadline) != Event::kReady) break;
    WriteSome();
  }
  return std::exchange(completions_, {});
}

void StdoutSink::Wake() noexcept {
  const std::uint64_t one = 1;
  // It can only fail because the counter is full of wake-ups that nobody has seen yet.
  static_cast<void>(::write(wake_fd_, &one, sizeof one) == 0);
}

void StdoutSink::Abort() { transfers_.clear(); }

StdoutSink::Event StdoutSink::AwaitEvent(SteadyTime deadline) const {
  std::array<pollfd, 2> polled{{{wake_fd_, POLLIN, 0}, {fd_, POLLOUT, 0}}};
  const nfds_t count = transfers_.empty() ? 1 : 2;
  const int ready = ::poll(polled.data(), count, PollTimeout(deadline));
  if (ready <= 0) return Event::kTimeout;
  if (polled[0].revents != 0) {
    std::uint64_t wakes = 0;
    static_cast<void>(::read(wake_fd_, &wakes, sizeof wakes) == 0);
    return Event::kWoken;
  }
  return Event::kReady;
}

void StdoutSink::WriteSome() {
  Transfer& transfer = transfers_.front();
  const std::string& bytes = is_terminal_ ? transfer.visible : transfer.batch->bytes();
  const std::size_t size = std::min(bytes.size() - transfer.written, kChunkBytes);
  const ssize_t written = ::write(fd_, bytes.data() + transfer.written, size);
  if (written >= 0) {
    transfer.written += static_cast<std::size_t>(written);
    if (transfer.written == bytes.size()) Complete(Action::kAck);
  } else if (errno != EINTR && errno != EAGAIN) {
    broken_ = ErrorOf(errno);
    on_broken_(*broken_);
  }
}

void StdoutSink::Complete(Action action) {
  const Transfer& transfer = transfers_.front();
  Completion completion;
  completion.id = transfer.id;
  completion.latency = std::chrono::steady_clock::now() - transfer.begin;
  completion.verdict.action = action;
  if (action == Action::kHold) {
    completion.verdict.cause = broken_->code;
    completion.verdict.reason = broken_->message;
  }
  completions_.push_back(std::move(completion));
  transfers_.pop_front();
}

}  // namespace vmtelem
