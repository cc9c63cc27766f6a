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
// goes to libvirt. One object at a time; it must outlive every thread that calls libvirt.
struct LibvirtHooks {
  LibvirtHooks();
  ~LibvirtHooks();
  LibvirtHooks(const LibvirtHooks&) = delete;
  LibvirtHooks& operator=(const LibvirtHooks&) = delete;

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

  std::function<void()> before_list;  // virConnectListAllDomains
  std::function<void(const char* uri, virConnectAuthPtr auth, unsigned flags)> on_open;
  std::function<bool()> refuse_open;  // virConnectOpenAuth; true: it fails after FailWith()
  std::atomic<int> opens{0};          // attempts
  std::atomic<int> closes{0};
  std::string type;               // virConnectGetType
  std::atomic<bool> alive{true};  // false: virConnectIsAlive says no

  std::atomic<bool> refuse_list{false};  // virConnectListAllDomains fails
  std::optional<std::string> host_name;  // virConnectGetHostname; empty: it fails

  std::atomic<int> xml_reads{0};
  std::atomic<bool> fail_nics{false};
  std::atomic<bool> fail_disks{false};

  // The error of the call that fails next on this thread.
  static void FailWith(int code, int domain, const std::string& message = "scripted");
};

}  // namespace vmtelem
