#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "typed_parameters.h"

namespace vmtelem {

// What libvirt's functions do instead of their own in this test program, which defines them itself. Whatever is not set
// goes to libvirt. One object at a time; it must outlive every thread that calls libvirt. What is not atomic is set
// before the first of these threads starts, and its functions are called by all of them.
struct LibvirtHooks {
  LibvirtHooks();
  ~LibvirtHooks();
  LibvirtHooks(const LibvirtHooks&) = delete;
  LibvirtHooks& operator=(const LibvirtHooks&) = delete;

  // Calls that go to a daemon.
  enum class Function { kOpen, kClose, kList, kHostName, kLookUp, kBulk, kInfo, kControlInfo, kXml, kCount };
  struct Call {
    Function function;
    virConnectPtr connect;  // null: none yet
    std::string vm;         // UUID or name; empty: none, or several
  };
  // Before each of them, on its thread; may block. False: the call fails, after FailWith().
  std::function<bool(const Call&)> before;
  std::function<void()> listed;  // virConnectListAllDomains, before it returns what it found
  std::function<void(virConnectPtr)> opened;
  std::function<void(virConnectPtr)> closed;  // the last thing done with a connection

  // One VM's part of a bulk answer.
  struct Record {
    virDomainPtr domain;
    TypedParameters* parameters;
  };
  struct BulkCall {
    std::span<virDomainPtr> domains;
    unsigned groups;
    unsigned flags;
  };
  // The answer, or nothing after FailWith().
  using BulkAnswer = std::optional<std::vector<Record>>;
  std::function<BulkAnswer(const BulkCall&)> bulk;
  std::function<virDomainControlInfo(virDomainPtr)> control_info;

  std::function<void(const char* uri, virConnectAuthPtr auth, unsigned flags)> on_open;
  std::string open_as;                // the URI that is opened instead
  std::function<bool()> refuse_open;  // virConnectOpenAuth; true: it fails after FailWith()
  std::atomic<int> opens{0};          // attempts
  std::atomic<int> closes{0};
  std::string type;                             // virConnectGetType
  std::atomic<bool> alive{true};                // false: virConnectIsAlive says no
  std::function<bool(virConnectPtr)> is_alive;  // likewise, for each connection

  std::atomic<bool> refuse_list{false};  // virConnectListAllDomains fails
  std::optional<std::string> host_name;  // virConnectGetHostname; empty: it fails

  std::atomic<int> xml_reads{0};
  std::atomic<bool> fail_nics{false};
  std::atomic<bool> fail_disks{false};

  // The error of the call that fails next on this thread.
  static void FailWith(int code, int domain, const std::string& message = "scripted");
};

}  // namespace vmtelem
