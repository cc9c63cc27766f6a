#pragma once

#include <memory>

#include <libvirt/libvirt.h>

// Ownership of libvirt's objects. Every one of them holds a reference to its connection, whose last reference closes
// it, which may block: all of them live and die on the thread of their lane.
namespace vmtelem {

// Calls libvirt's function that frees an object.
template <auto free>
struct FreeWith {
  template <class Object>
  void operator()(Object* object) const {
    free(object);
  }
};

using ConnectHandle = std::unique_ptr<virConnect, FreeWith<virConnectClose>>;
using DomainHandle = std::unique_ptr<virDomain, FreeWith<virDomainFree>>;
using RecordsHandle = std::unique_ptr<virDomainStatsRecordPtr, FreeWith<virDomainStatsRecordListFree>>;

}  // namespace vmtelem
