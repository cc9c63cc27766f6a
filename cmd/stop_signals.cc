#include "cmd/stop_signals.h"

#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

namespace vmtelem {
namespace {

constexpr int kWithoutHangup = 0, kWithHangup = 1;

bool IsHangupIgnored() {
  struct sigaction action {};
  return ::sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool HasControllingTerminal() {
  const int fd = ::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

extern "C" void LeaveAtOnce(int number) { ::_exit(128 + number); }

// Calls nothing that a handler may not call.
void Handle(int hangup, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  for (const int number : {SIGINT, SIGTERM}) ::sigaction(number, &action, nullptr);
  if (hangup == kWithHangup) ::sigaction(SIGHUP, &action, nullptr);
}

extern "C" void EndPatience(int /*number*/, siginfo_t* info, void* /*context*/) {
  Handle(info->si_value.sival_int, LeaveAtOnce);
}

// The handler of this signal is called after that time, or now if there is no timer to be had.
void StartPatience(int hangup, Nanoseconds patience) {
  struct sigaction action {};
  action.sa_sigaction = EndPatience;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  ::sigaction(PatienceSignal(), &action, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = PatienceSignal();
  event.sigev_value.sival_int = hangup;
  timer_t timer{};
  itimerspec when{};
  when.it_value.tv_sec = patience.count() / 1'000'000'000;
  when.it_value.tv_nsec = patience.count() % 1'000'000'000;
  const bool runs =
      ::timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && ::timer_settime(timer, 0, &when, nullptr) == 0;
  if (!runs) Handle(hangup, LeaveAtOnce);
}

}  // namespace

int PatienceSignal() { return SIGRTMIN + 1; }

Hangup MeaningOfHangup() {
  if (IsHangupIgnored()) return Hangup::kIgnored;
  return HasControllingTerminal() ? Hangup::kStops : Hangup::kReloads;
}

sigset_t StopSignals(Hangup hangup) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM}) sigaddset(&set, number);
  if (hangup == Hangup::kStops) sigaddset(&set, SIGHUP);
  return set;
}

// To ignore a signal also discards one that is pending.
void LetLaterSignalLeave(Hangup meaning, Nanoseconds same_request_for) {
  sigset_t set = StopSignals(meaning);
  sigaddset(&set, PatienceSignal());
  const int hangup = meaning == Hangup::kStops ? kWithHangup : kWithoutHangup;
  if (same_request_for > Nanoseconds::zero()) {
    Handle(hangup, SIG_IGN);
    StartPatience(hangup, same_request_for);
  } else {
    Handle(hangup, LeaveAtOnce);
  }
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace vmtelem
