#pragma once

#include <sys/types.h>

namespace vmtelem {

// Ends what a thread of this process waits for inside a library: shuts down the sockets that it is waiting for at this
// moment, by whichever call, and sends `child_signal` to the children that it has started and whose input is a socket,
// as it is of a program that a connection goes through. The library need not show whose a socket is: the kernel tells
// what the thread waits for. Nothing is done to a socket or a child of another thread, nor to a socket that the thread
// has and does not wait for.
//
// `thread`: by the kernel's number; must not end meanwhile. False: it waits for nothing of the kind, or /proc does not
// tell. A thread that goes on from one wait to the next has to be asked about again. Any thread.
bool EndWaits(pid_t thread, int child_signal);

}  // namespace vmtelem
