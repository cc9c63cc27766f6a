#pragma once

#include <string>

#include <libvirt/virterror.h>

#include "base/result.h"

// libvirt's errors in our terms. libvirt keeps the last error per thread: ask on the thread that made the call.
namespace vmtelem {

// A copy of what the last call on this thread failed with.
struct VirtError {
  int code = VIR_ERR_OK;
  int domain = VIR_FROM_NONE;
  int system_errno = 0;  // of VIR_ERR_SYSTEM_ERROR
  std::string message;   // one line
};
VirtError LastVirtError();

// The connection is gone, or the daemon behind it. Other errors of the protocol (VIR_ERR_RPC, VIR_ERR_INTERNAL_ERROR)
// come on connections that go on as well, when a reply is too large: only virConnectIsAlive() tells.
bool MeansConnectionLost(const VirtError& error);
// The driver has no such call: it will not have it the next time either.
bool MeansNoSuchCall(const VirtError& error);
// This VM has no such thing, or not in its present state.
bool MeansNotApplicable(const VirtError& error);

ErrorCode ErrorCodeOf(const VirtError& error);
// Of a call on an open connection; `what` was to be done ("list the VMs").
Error CallError(const std::string& what, const VirtError& error);
// Of an attempt to open `uri`, with a hint at what may be wrong. Never holds the password.
Error OpenError(const std::string& uri, const VirtError& error);

}  // namespace vmtelem
