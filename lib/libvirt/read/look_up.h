#pragma once

#include <libvirt/libvirt.h>

#include "libvirt/lane/lane.h"
#include "model/snapshot.h"

// Guards calls that libvirtd answers by looking a VM up: they wait for the VM's lock with the list of VMs locked, and
// meanwhile no VM can be created, defined or removed. On the lane's thread.
namespace vmtelem {

// Whether such a call may be made now. Asks for the VM's state in bulk, which waits for the lock without the list; if
// the call had to wait, the lock is not free. For QEMU's driver alone: a bulk call of other drivers shows nothing about
// their locks.
bool MayLookUp(virDomainPtr domain, LaneClock& clock);

// Notes for how long the monitor of a VM, whose job another client holds, has been busy with one command, if that is
// long.
void NoteBusyMonitor(virDomainPtr domain, LaneClock& clock, DomainStats& stats);

}  // namespace vmtelem
