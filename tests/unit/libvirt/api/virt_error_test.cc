#include "libvirt/api/virt_error.h"

#include <cerrno>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

TEST_CASE("errors of calls are told apart by their remedy") {
  const auto [error, code] = GENERATE(table<VirtError, ErrorCode>({
      {{VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC, ECONNRESET, ""}, ErrorCode::kUnreachable},
      {{VIR_ERR_INTERNAL_ERROR, VIR_FROM_RPC, 0, ""}, ErrorCode::kInternal},
      {{VIR_ERR_RPC, VIR_FROM_REMOTE, 0, ""}, ErrorCode::kInternal},
      {{VIR_ERR_SSH, VIR_FROM_SSH, 0, ""}, ErrorCode::kUnreachable},
      {{VIR_ERR_LIBSSH, VIR_FROM_LIBSSH, 0, ""}, ErrorCode::kUnreachable},
      {{VIR_ERR_SYSTEM_ERROR, VIR_FROM_QEMU, ENOENT, ""}, ErrorCode::kInternal},
      {{VIR_ERR_INTERNAL_ERROR, VIR_FROM_QEMU, 0, ""}, ErrorCode::kInternal},
      {{VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC, EACCES, ""}, ErrorCode::kDenied},
      {{VIR_ERR_AUTH_FAILED, VIR_FROM_AUTH, 0, ""}, ErrorCode::kDenied},
      {{VIR_ERR_AUTH_UNAVAILABLE, VIR_FROM_POLKIT, 0, ""}, ErrorCode::kDenied},
      {{VIR_ERR_ACCESS_DENIED, VIR_FROM_ACCESS, 0, ""}, ErrorCode::kDenied},
      {{VIR_ERR_OPERATION_DENIED, VIR_FROM_DOMAIN, 0, ""}, ErrorCode::kDenied},
      {{VIR_ERR_NO_SUPPORT, VIR_FROM_LXC, 0, ""}, ErrorCode::kUnsupported},
      {{VIR_ERR_NO_DOMAIN, VIR_FROM_QEMU, 0, ""}, ErrorCode::kNotFound},
      {{VIR_ERR_OPERATION_TIMEOUT, VIR_FROM_QEMU, 0, ""}, ErrorCode::kTimeout},
  }));
  CAPTURE(error.code, error.domain);
  CHECK(ErrorCodeOf(error) == code);
}

TEST_CASE("a connection that cannot be opened says why and what to try") {
  const auto [uri, error, code, hint] = GENERATE(table<std::string, VirtError, ErrorCode, std::string>({
      {"qemu:///system",
       {VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC, ENOENT, "Failed to connect socket to '/run/x'"},
       ErrorCode::kUnreachable,
       "libvirtd"},
      {"qemu:///system",
       {VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC, EACCES, "Failed to connect socket to '/run/x'"},
       ErrorCode::kDenied,
       "group"},
      {"qemu+ssh://h/system", {VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC, ECONNRESET, "x"}, ErrorCode::kUnreachable, "ssh"},
      {"://", {VIR_ERR_INTERNAL_ERROR, VIR_FROM_URI, 0, "Unable to parse URI"}, ErrorCode::kInvalid, "qemu:///system"},
      {"qemu+x:///system", {VIR_ERR_INVALID_ARG, VIR_FROM_REMOTE, 0, "x"}, ErrorCode::kInvalid, "qemu:///system"},
      {"foo:///x", {VIR_ERR_NO_CONNECT, VIR_FROM_NONE, 0, "x"}, ErrorCode::kUnsupported, "qemu:///system"},
      {"lxc:///", {VIR_ERR_INTERNAL_ERROR, VIR_FROM_LXC, 0, "x"}, ErrorCode::kUnreachable, ""},
  }));
  const Error told = OpenError(uri, error);
  CAPTURE(told.message, told.hint);
  CHECK(told.code == code);
  CHECK(told.message.find(uri) != std::string::npos);
  CHECK(told.hint.find(hint) != std::string::npos);
}

std::string HintOver(const std::string& uri, const VirtError& error) { return OpenError(uri, error).hint; }

TEST_CASE("the hint at a failure of ssh itself names ssh") {
  const auto* words =
      GENERATE("Cannot recv data: ssh: connect to host h port 22: Connection refused: Connection reset by peer",
               "Cannot recv data: root@h: Permission denied (publickey,password).: Connection reset by peer",
               "Cannot recv data: Host key verification failed.: Connection reset by peer",
               "Cannot recv data: Could not refresh: x: Connection reset by peer",
               "Cannot recv data: : Connection reset by peer", "End of file while reading data: : Input/output error");
  CAPTURE(words);
  CHECK(HintOver("qemu+ssh://h/system", {VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC, ECONNRESET, words}).find("ssh ") == 0);
  CHECK(HintOver("qemu+tls://h/system", {VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC, ECONNRESET, words}).empty());
}

TEST_CASE("an ssh that ends before libvirt hears of it has failed too") {
  const VirtError closed{VIR_ERR_INTERNAL_ERROR, VIR_FROM_RPC, 0, "internal error: client socket is closed"};
  CHECK(HintOver("qemu+ssh://h/system", closed).find("ssh ") == 0);
}

TEST_CASE("a message of the command on the other host is no fault of ssh") {
  const auto* words = GENERATE(
      "Cannot recv data: virt-ssh-helper: cannot connect to '/run/libvirt/libvirt-sock-ro': Failed to connect socket "
      "to "
      "'/run/libvirt/libvirt-sock-ro': No such file or directory: Connection reset by peer",
      "Cannot recv data: nc: unix connect failed: No such file or directory: Connection reset by peer",
      "Cannot recv data: Authorized use only. nc: Permission denied: Connection reset by peer",
      "End of file while reading data: Ncat: Permission denied.: Input/output error",
      "Cannot recv data: sh: 1: nc: not found: Connection reset by peer",
      "Cannot recv data: -bash: line 1: which: command not found: Connection reset by peer");
  CAPTURE(words);
  CHECK(HintOver("qemu+ssh://h/system", {VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC, ECONNRESET, words}).empty());
}

TEST_CASE("a message of the daemon on the other host is no fault of ssh") {
  const auto error = GENERATE(values<VirtError>({
      {VIR_ERR_AUTH_UNAVAILABLE, VIR_FROM_POLKIT, 0, "authentication unavailable: no polkit agent available"},
      {VIR_ERR_AUTH_CANCELLED, VIR_FROM_POLKIT, 0, "authentication cancelled"},
      {VIR_ERR_OPERATION_FAILED, VIR_FROM_QEMU, 0, "operation failed"},
      {VIR_ERR_INTERNAL_ERROR, VIR_FROM_REMOTE, 0, "internal error"},
      {VIR_ERR_RPC, VIR_FROM_RPC, 0, "Cannot find program 1 version 1"},
  }));
  CAPTURE(error.message);
  CHECK(HintOver("qemu+ssh://h/system", error).empty());
}

TEST_CASE("being in a local group is no advice for another host") {
  const VirtError denied{VIR_ERR_AUTH_UNAVAILABLE, VIR_FROM_POLKIT, 0, "x"};
  CHECK(OpenError("qemu:///system", denied).hint.find("group 'libvirt'") != std::string::npos);
  CHECK(OpenError("qemu+tls://node7/system", denied).hint.empty());
}

TEST_CASE("an error about opening a URI never holds its password") {
  const Error told = OpenError("foo://u:geheim@h/x", {VIR_ERR_NO_CONNECT, VIR_FROM_NONE, 0, "foo://u:geheim@h/x"});
  CHECK(told.message.find("geheim") == std::string::npos);
  CHECK(told.message.find("foo://***@h/x") != std::string::npos);
}

}  // namespace
}  // namespace vmtelem
