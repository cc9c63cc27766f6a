#pragma once

#include <csignal>

#include "base/clock.h"

// The signals that end a service. All of it is for the main thread, and changes what the whole process does with these
// signals.
namespace vmtelem {

// What SIGHUP asks of this process.
enum class Hangup {
  kIgnored,  // nothing: the parent had it ignored, as nohup(1) does
  kStops,    // the controlling terminal is gone
  kReloads,  // there is no such terminal, so it comes from whoever manages the service
};
// To be asked at the start: a terminal that is gone cannot be seen any more.
Hangup MeaningOfHangup();

// SIGINT, SIGTERM, and SIGHUP if it stops. A signal that is blocked is delivered to sigwait() even if it is ignored, so
// such a one must not be waited for.
sigset_t StopSignals(Hangup hangup);

// After a stop has begun: those that come within `same_request_for` are part of the request that began it, and change
// nothing; timeout(1) signals its child and then the group of both, a shell sends SIGHUP beside the terminal's own.
// What comes later ends the process at once, with 128 + its number.
void LetLaterSignalLeave(Hangup meaning, Nanoseconds same_request_for);

// Used for that, and to be blocked, like the others, before there is a thread that could take it.
int PatienceSignal();

}  // namespace vmtelem
