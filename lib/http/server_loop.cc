#include "http/server_loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/eventfd.h>
#include <sys/socket.h>

namespace vmtelem {
namespace {

constexpr std::size_t kEventsAtOnce = 64;
// Between two looks at those that are connected.
constexpr int kAcceptedAtOnce = 16;
// Without a descriptor for it a connection cannot be turned away either. It waits, for others will become free.
constexpr Nanoseconds kPauseWithoutDescriptor = std::chrono::milliseconds(100);
constexpr std::size_t kLookedAt_bytes = std::size_t{32} * 1024;

int MillisecondsUntil(SteadyTime time, SteadyTime now) {
  if (time <= now) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - now).count();
  return static_cast<int>(std::min<std::int64_t>(left, 60'000));
}

}  // namespace

Result<std::unique_ptr<ServerLoop>> ServerLoop::Make(int listening, HttpResponder& responder, ConnectionTable& table,
                                                     Clock& clock) {
  std::unique_ptr<ServerLoop> made(new ServerLoop(listening, table, clock));
  if (auto opened = made->Open(responder); !opened) return tl::make_unexpected(opened.error());
  return made;
}

Result<void> ServerLoop::Open(HttpResponder& responder) {
  looked_at_.resize(kLookedAt_bytes);
  epoll_ = FileDescriptor(::epoll_create1(EPOLL_CLOEXEC));
  stop_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  auto daemon = MhdDaemon::Start(responder, table_);
  if (!daemon) return tl::make_unexpected(daemon.error());
  daemon_ = std::move(*daemon);
  // Of the first its edges only: whoever cannot be accepted for want of a descriptor must not keep this thread awake.
  const bool watches =
      Watch(listening_, EPOLLIN | EPOLLET) && Watch(stop_.get(), EPOLLIN) && Watch(daemon_->epoll_fd(), EPOLLIN);
  if (watches) return {};
  return Fail(ErrorCode::kCannotCreate, "the HTTP server cannot be started: " + LastError().message());
}

bool ServerLoop::Watch(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void ServerLoop::Stop() { ::eventfd_write(stop_.get(), 1); }

void ServerLoop::Run() {
  std::array<epoll_event, kEventsAtOnce> events{};
  while (!is_stopped_) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), Wait_ms());
    for (int i = 0; i < count; ++i) Note(events[static_cast<std::size_t>(i)]);
    daemon_->Run();
    if (may_accept_) AcceptSome();
    for (const int fd : table_.TakeOverdue()) CutOff(fd);
    if (!daemon_->has_work()) {
      for (const int fd : table_.TakeEnded()) CutOff(fd);
    }
  }
}

int ServerLoop::Wait_ms() const {
  const SteadyTime now = clock_.SteadyNow();
  SteadyTime next = table_.NextDeadline();
  if (may_accept_) next = std::min(next, accept_from_);
  if (daemon_->has_work()) return 0;
  return next == SteadyTime::max() ? -1 : MillisecondsUntil(next, now);
}

void ServerLoop::Note(const epoll_event& event) {
  const int fd = event.data.fd;
  if (fd == stop_.get()) {
    is_stopped_ = true;
  } else if (fd == listening_) {
    may_accept_ = true;
  } else if (fd != daemon_->epoll_fd()) {
    if ((event.events & EPOLLIN) != 0) LookForNul(fd);
    if ((event.events & EPOLLRDHUP) != 0) table_.NoteEnded(fd);
  }
}

// Before libmicrohttpd reads it, which does not show what stands behind a NUL. Bytes that come between the two are not
// looked at: a client gains nothing by that, since it must have the right token anyway.
void ServerLoop::LookForNul(int fd) {
  const ssize_t got = ::recv(fd, looked_at_.data(), looked_at_.size(), MSG_PEEK | MSG_DONTWAIT);
  if (got <= 0) return;
  table_.NoteReceiving(fd);
  if (std::memchr(looked_at_.data(), '\0', static_cast<std::size_t>(got)) != nullptr) daemon_->NoteNul(fd);
}

void ServerLoop::AcceptSome() {
  if (clock_.SteadyNow() < accept_from_) return;
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    if (!AcceptOne()) return;
  }
}

// False: nobody waits, or there is no descriptor for those who do.
bool ServerLoop::AcceptOne() {
  const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) {
    Admit(fd);
    return true;
  }
  if (errno == ECONNABORTED || errno == EINTR) return true;
  may_accept_ = errno != EAGAIN && errno != EWOULDBLOCK;
  if (may_accept_) accept_from_ = clock_.SteadyNow() + kPauseWithoutDescriptor;
  return false;
}

// One that cannot have a place is closed at once.
void ServerLoop::Admit(int fd) {
  if (table_.is_full()) {
    if (const auto dispensable = table_.TakeDispensable()) CutOff(*dispensable);
    daemon_->Run();
  }
  if (table_.is_full() || !Watch(fd, EPOLLIN | EPOLLRDHUP | EPOLLET)) {
    ::close(fd);
  } else {
    daemon_->Add(fd);
  }
}

// libmicrohttpd finds the connection closed. The system still sends what it has of an answer.
void ServerLoop::CutOff(int fd) { ::shutdown(fd, SHUT_RDWR); }

}  // namespace vmtelem
