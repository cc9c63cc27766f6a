#pragma once

#include <memory>

#include <libvirt/libvirt.h>

// Ownership of libvirt's objects. Every one of them holds a reference to its connection, whose last reference closes
// it, which may block: all of them live and die on the thread of their lane.
namespace vmtelem {

struct CloseConnect {
  void operator()(virConnectPtr connect) const { virConnectClose(connect); }
};
struct FreeDomain {
  void operator()(virDomainPtr domain) const { virDomainFree(domain); }
};
struct FreeRecords {
  void operator()(virDomainStatsRecordPtr* records) const { virDomainStatsRecordListFree(records); }
};

using ConnectHandle = std::unique_ptr<virConnect, CloseConnect>;
using DomainHandle = std::unique_ptr<virDomain, FreeDomain>;
using RecordsHandle = std::unique_ptr<virDomainStatsRecordPtr, FreeRecords>;

}  // namespace vmtelem
