#pragma once

#include <libvirt/libvirt.h>

#include "libvirt/lane/lane.h"
#include "model/snapshot.h"

// Calls that libvirtd answers by looking a VM up: they wait for the VM's lock with the list of VMs locked, and while
// they do no VM can be created, defined or removed. On the lane's thread.
namespace vmtelem {

// Whether such a call may be made now. Asks for the VM's state in bulk, which waits for the lock without the list; a VM
// that had to be waited for is not free. For QEMU's driver alone: what others can do in bulk says nothing of their
// locks.
bool MayLookUp(virDomainPtr domain, LaneClock& clock);

// Of a VM whose job another client holds: for how long its monitor has been busy with one command, if that is long.
void NoteBusyMonitor(virDomainPtr domain, LaneClock& clock, DomainStats& stats);

}  // namespace vmtelem
