#include "libvirt/api/connection.h"

#include <array>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "base/url.h"
#include "libvirt/api/connection_cost.h"
#include "libvirt/api/uri.h"

namespace vmtelem {
namespace {

void IgnoreError(void*, virErrorPtr) {}

int RefuseCredentials(virConnectCredentialPtr, unsigned, void*) { return -1; }

// Without a callback of our own some transports take libvirt's default one, which reads from the terminal.
virConnectAuth NeverAsk() {
  static std::array<int, 9> kinds{VIR_CRED_USERNAME,     VIR_CRED_AUTHNAME,   VIR_CRED_LANGUAGE,
                                  VIR_CRED_CNONCE,       VIR_CRED_PASSPHRASE, VIR_CRED_ECHOPROMPT,
                                  VIR_CRED_NOECHOPROMPT, VIR_CRED_REALM,      VIR_CRED_EXTERNAL};
  return {kinds.data(), kinds.size(), RefuseCredentials, nullptr};
}

}  // namespace

Connection::Connection(ConnectHandle handle) : handle_(std::move(handle)) {
  const char* type = virConnectGetType(handle_.get());
  if (type != nullptr) type_ = type;
}

Result<Connection> Connection::Open(const std::string& uri, const Means& means) {
  const auto claim = means.descriptors->Claim(CostOfConnection(uri).while_opening);
  if (!claim)
    return Fail(claim.error().code, fmt::format("cannot connect to {}: {}", MaskUrl(uri), claim.error().message),
                claim.error().hint);
  // Without this setting of the process libvirt prints every error to stderr.
  virSetErrorFunc(nullptr, IgnoreError);
  virConnectAuth auth = NeverAsk();
  const bool over_tcp = IsOverTcp(uri);
  if (over_tcp) means.keepalive->NoteBefore();
  ConnectHandle handle(virConnectOpenAuth(UriWithoutPrompts(uri).c_str(), &auth, VIR_CONNECT_RO));
  if (handle == nullptr) return tl::make_unexpected(OpenError(uri, LastVirtError()));
  if (over_tcp) means.keepalive->Enable();
  return Connection(std::move(handle));
}

Error Connection::Failure(const std::string& what, const VirtError& error) const {
  Error failure = CallError(what, error);
  if (LostAfter(error)) failure.code = ErrorCode::kUnreachable;
  return failure;
}

std::optional<std::string> Connection::HostName() const {
  const std::unique_ptr<char, decltype(&std::free)> name(virConnectGetHostname(handle_.get()), &std::free);
  if (name == nullptr || *name == '\0') return std::nullopt;
  return std::string(name.get());
}

Result<std::vector<DomainHandle>> Connection::ListDomains(unsigned flags) const {
  virDomainPtr* listed = nullptr;
  const int count = virConnectListAllDomains(handle_.get(), &listed, flags);
  if (count < 0) return tl::make_unexpected(Failure("list the VMs", LastVirtError()));
  std::vector<DomainHandle> domains;
  domains.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) domains.emplace_back(listed[i]);
  std::free(static_cast<void*>(listed));
  return domains;
}

}  // namespace vmtelem
