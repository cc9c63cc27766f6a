#pragma once

#include <sys/types.h>

namespace vmtelem {

// Whether the thread of this process is at work: on a processor, or waiting for one, or for this machine's memory or
// disk. A thread that is not waits for somebody's answer. Tells our own lack of time from the other side's silence.
// Reads /proc (proc_pid_stat(5): the states R and D), some microseconds: for a call that is late, not for each. False
// if that is not known.
bool IsAtWork(pid_t thread);

}  // namespace vmtelem
