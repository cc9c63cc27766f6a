#pragma once

#include <string>

#include <libvirt/virterror.h>

#include "base/result.h"

// Translates libvirt's errors. libvirt keeps the last error per thread: ask on the thread that made the call.
namespace vmtelem {

// A copy of the error of the last call on this thread.
struct VirtError {
  int code = VIR_ERR_OK;
  int domain = VIR_FROM_NONE;
  int system_errno = 0;  // of VIR_ERR_SYSTEM_ERROR
  std::string message;   // one line
};
VirtError LastVirtError();

// The connection is gone, or the daemon behind it. Other errors of the protocol (VIR_ERR_RPC, VIR_ERR_INTERNAL_ERROR)
// also come on connections that stay open, when a reply is too large: only virConnectIsAlive() shows the difference.
bool MeansConnectionLost(const VirtError& error);
// The driver lacks the call, and will lack it the next time too.
bool MeansNoSuchCall(const VirtError& error);
// The VM lacks such a value or device, or lacks it in its present state.
bool MeansNotApplicable(const VirtError& error);

ErrorCode ErrorCodeOf(const VirtError& error);
// The error of a call on an open connection; `what` names the act ("list the VMs").
Error CallError(const std::string& what, const VirtError& error);
// The error of an attempt to open `uri`, with a hint at the cause. Never holds the password.
Error OpenError(const std::string& uri, const VirtError& error);

}  // namespace vmtelem
