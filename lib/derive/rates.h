#pragma once

#include "model/derived.h"
#include "model/snapshot.h"

// Computes rates and percentages from two samples of one VM. Pure functions.
namespace vmtelem {

// By how much a counter rose; absent if a value is absent or the counter went backward.
Counter Increase(const Counter& before, const Counter& now);

// Whether the counters of the VM as a whole started anew in between: another incarnation, another domain id, or a CPU,
// vCPU or block counter that went backward. QEMU holds the block counters of all disks, so one that falls shows a new
// process; a NIC's counters are its tap's and say nothing about the rest of the VM.
bool StartedAfresh(const DomainStats& before, const DomainStats& now);

// (available - usable) / available, as the guest counts; absent while it has not reported both.
Percent MemoryUsedPercent(const DomainStats& domain);

// Whether the time that passed between two samples is known to within 10 %. A stamp is the moment at which a call was
// issued, and the call read at some later moment; but the time that every call needs delays all of them alike.
bool ElapsedIsKnown(const DomainStats& before, const DomainStats& now);

// False if a vCPU used more time than passed. Where the kernel itself did not get the CPU of a thread (a hypervisor
// that is a guest, or that stops for its firmware), it books the thread's time late, and then at once.
bool CpuTimeIsPossible(const DomainStats& before, const DomainStats& now);

// Sets the rates and the CPU percentages of `derived` from two neighbouring samples of the same run of a VM. The
// totals must be there already, and the vectors must lie parallel to the devices of `now`. The time between is that of
// the monotonic stamps; nothing is set if none has passed, and no CPU percentage if !CpuTimeIsPossible().
void FillRates(const DomainStats& before, const DomainStats& now, DomainDerived& derived);

}  // namespace vmtelem
