#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "typed_parameters.h"

namespace vmtelem {

// A function that one thread may set while others call it.
template <class Signature>
class Hook;
template <class Result, class... Arguments>
class Hook<Result(Arguments...)> {
 public:
  using Function = std::function<Result(Arguments...)>;
  Hook() = default;
  ~Hook() = default;
  Hook(const Hook& other) : function_(other.Get()) {}
  Hook& operator=(const Hook& other) { return *this = other.Get(); }
  Hook& operator=(Function function) {
    const std::lock_guard guard(mutex_);
    function_ = std::move(function);
    return *this;
  }
  explicit operator bool() const { return static_cast<bool>(Get()); }
  Result operator()(Arguments... arguments) const { return Get()(arguments...); }

 private:
  Function Get() const {
    const std::lock_guard guard(mutex_);
    return function_;
  }

  mutable std::mutex mutex_;
  Function function_;
};

// What libvirt's functions do instead of their own in this test program, which defines them itself. Whatever is not set
// goes to libvirt. One object at a time; it must outlive every thread that calls libvirt. What is neither atomic nor a
// Hook is set before the first of these threads starts. Its functions are called by all of them.
struct LibvirtHooks {
  LibvirtHooks();
  ~LibvirtHooks();
  LibvirtHooks(const LibvirtHooks&) = delete;
  LibvirtHooks& operator=(const LibvirtHooks&) = delete;

  // Calls that go to a daemon. kState: a bulk call for the state of one VM alone.
  enum class Function {
    kOpen,
    kClose,
    kList,
    kHostName,
    kLookUp,
    kBulk,
    kState,
    kInfo,
    kControlInfo,
    kXml,
    kPing,
    kCount
  };
  struct Call {
    Function function;
    virConnectPtr connect;  // null: none yet
    std::string vm;         // UUID or name; empty: none, or several
  };
  // Before each of them, on its thread; may block. False: the call fails, after FailWith().
  Hook<bool(const Call&)> before;
  Hook<void(virConnectPtr)> listed;  // virConnectListAllDomains, before it returns what it found
  Hook<void(virConnectPtr)> opened;
  Hook<void(virConnectPtr)> closed;  // the last thing done with a connection

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
  Hook<BulkAnswer(const BulkCall&)> bulk;
  Hook<BulkAnswer(const BulkCall&)> state;  // of one VM, for its state alone
  Hook<virDomainControlInfo(virDomainPtr)> control_info;

  Hook<void(const char* uri, virConnectAuthPtr auth, unsigned flags)> on_open;
  std::string open_as;        // the URI that is opened instead
  Hook<bool()> refuse_open;   // virConnectOpenAuth; true: it fails after FailWith()
  std::atomic<int> opens{0};  // attempts
  std::atomic<int> closes{0};
  std::string type;                    // virConnectGetType
  std::atomic<bool> alive{true};       // false: virConnectIsAlive says no
  Hook<bool(virConnectPtr)> is_alive;  // likewise, for each connection

  std::atomic<bool> refuse_list{false};  // virConnectListAllDomains fails
  Hook<std::string()> host_name;         // virConnectGetHostname; empty: it fails

  std::atomic<int> xml_reads{0};
  std::atomic<bool> fail_nics{false};
  std::atomic<bool> fail_disks{false};

  // The error of the call that fails next on this thread.
  static void FailWith(int code, int domain, const std::string& message = "scripted");
};

}  // namespace vmtelem
