#include "libvirt/api/virt_error.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "base/url.h"
#include "libvirt/api/uri.h"

namespace vmtelem {
namespace {

// Byte by byte: a password that the text quotes must still be found in it.
std::string WithoutControlCharacters(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char byte) { return byte < 0x20; }, ' ');
  return text;
}

bool IsPermission(int system_errno) { return system_errno == EACCES || system_errno == EPERM; }

bool IsFromRemote(const VirtError& error) { return error.domain == VIR_FROM_RPC || error.domain == VIR_FROM_REMOTE; }

// The URI names the daemon by a path in the local file system, and no socket is there.
bool IsMissingSocket(const VirtError& error) {
  return error.code == VIR_ERR_SYSTEM_ERROR && (error.system_errno == ENOENT || error.system_errno == ECONNREFUSED) &&
         error.message.find("socket to '/") != std::string::npos;
}

// `program` begins a message of its own in the text: "nc: ...".
bool IsQuoted(std::string_view program, const std::string& text) {
  const std::string prefix = std::string(program) + ": ";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + 1)) {
    if (at == 0 || std::string_view(" -/").find(text[at - 1]) != std::string_view::npos) return true;
  }
  return false;
}

// libvirt has ssh start a shell, and the shell a program that connects to the daemon's socket; their messages come the
// same way as ssh's own.
bool IsOfRemoteCommand(const std::string& message) {
  constexpr const char* kPrograms[] = {"nc",  "ncat", "Ncat", "netcat", "nc.openbsd", "virt-ssh-helper",
                                       "sh",  "ash",  "bash", "csh",    "dash",       "fish",
                                       "ksh", "zsh"};
  return std::any_of(std::begin(kPrograms), std::end(kPrograms),
                     [&](const char* program) { return IsQuoted(program, message); });
}

// The transport failed before the daemon answered. libvirt may lose the messages of an ssh that ends at once ("client
// socket is closed").
bool IsFailureOfSsh(const std::string& uri, const VirtError& error) {
  const bool is_of_stream =
      error.domain == VIR_FROM_RPC && (error.code == VIR_ERR_SYSTEM_ERROR || error.code == VIR_ERR_INTERNAL_ERROR);
  return is_of_stream && uri.find("+ssh") != std::string::npos && !IsOfRemoteCommand(error.message);
}

std::string OpenHint(const std::string& uri, const VirtError& error, ErrorCode code) {
  if (code == ErrorCode::kDenied) {
    const bool over_local_socket = UriHost(uri).empty();
    return over_local_socket ? "may this user read libvirt? being in the group 'libvirt' usually suffices" : "";
  }
  if (code == ErrorCode::kInvalid || code == ErrorCode::kUnsupported) {
    return "a URI looks like qemu:///system or qemu+ssh://user@host/system";
  }
  if (IsMissingSocket(error)) return "is libvirtd (or virtqemud) running? for QEMU the URI is qemu:///system";
  if (IsFailureOfSsh(uri, error)) return "ssh must work without asking: try 'ssh -o BatchMode=yes' by hand";
  return {};
}

}  // namespace

VirtError LastVirtError() {
  const virErrorPtr last = virGetLastError();
  if (last == nullptr) return {VIR_ERR_INTERNAL_ERROR, VIR_FROM_NONE, 0, "unknown error"};
  const int system_errno = last->code == VIR_ERR_SYSTEM_ERROR ? last->int1 : 0;
  return {last->code, last->domain, system_errno,
          WithoutControlCharacters(last->message == nullptr ? "unknown error" : last->message)};
}

bool MeansConnectionLost(const VirtError& error) {
  switch (error.code) {
    case VIR_ERR_SYSTEM_ERROR:
      return IsFromRemote(error);
    case VIR_ERR_INVALID_CONN:
    case VIR_ERR_NO_CONNECT:
    case VIR_ERR_SSH:
    case VIR_ERR_LIBSSH:
      return true;
    default:
      return false;
  }
}

bool MeansNoSuchCall(const VirtError& error) { return error.code == VIR_ERR_NO_SUPPORT; }

bool MeansNotApplicable(const VirtError& error) {
  switch (error.code) {
    case VIR_ERR_NO_SUPPORT:
    case VIR_ERR_OPERATION_INVALID:
    case VIR_ERR_OPERATION_UNSUPPORTED:
    case VIR_ERR_ARGUMENT_UNSUPPORTED:
    case VIR_ERR_CONFIG_UNSUPPORTED:
      return true;
    default:
      return false;
  }
}

ErrorCode ErrorCodeOf(const VirtError& error) {
  if (IsPermission(error.system_errno)) return ErrorCode::kDenied;
  switch (error.code) {
    case VIR_ERR_AUTH_FAILED:
    case VIR_ERR_AUTH_CANCELLED:
    case VIR_ERR_AUTH_UNAVAILABLE:
    case VIR_ERR_OPERATION_DENIED:
    case VIR_ERR_ACCESS_DENIED:
      return ErrorCode::kDenied;
    case VIR_ERR_NO_SUPPORT:
    case VIR_ERR_OPERATION_UNSUPPORTED:
    case VIR_ERR_ARGUMENT_UNSUPPORTED:
    case VIR_ERR_CONFIG_UNSUPPORTED:
      return ErrorCode::kUnsupported;
    case VIR_ERR_NO_DOMAIN:
      return ErrorCode::kNotFound;
    case VIR_ERR_OPERATION_TIMEOUT:
      return ErrorCode::kTimeout;
    default:
      return MeansConnectionLost(error) ? ErrorCode::kUnreachable : ErrorCode::kInternal;
  }
}

Error CallError(const std::string& what, const VirtError& error) {
  return {ErrorCodeOf(error), fmt::format("cannot {}: {}", what, error.message), {}};
}

Error OpenError(const std::string& uri, const VirtError& error) {
  ErrorCode code = ErrorCodeOf(error);
  if (error.code == VIR_ERR_NO_CONNECT) {
    code = ErrorCode::kUnsupported;
  } else if (error.domain == VIR_FROM_URI || error.code == VIR_ERR_INVALID_ARG || error.code == VIR_ERR_XML_ERROR) {
    code = ErrorCode::kInvalid;
  } else if (code == ErrorCode::kInternal) {
    code = ErrorCode::kUnreachable;
  }
  std::string message = fmt::format("cannot connect to {}: {}", MaskUrl(uri), WithoutPassword(error.message, uri));
  return {code, std::move(message), OpenHint(uri, error, code)};
}

}  // namespace vmtelem
