#include "libvirt_hooks.h"

#include <cstdlib>
#include <cstring>

#include <dlfcn.h>

namespace {

std::atomic<vmtelem::LibvirtHooks*> current{nullptr};

struct ScriptedError {
  bool pending = false;
  std::string message;
  virError error{};
};
thread_local ScriptedError scripted;

template <class Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

// Released by virDomainStatsRecordListFree(), which frees all of it.
virDomainStatsRecordPtr* ToLibvirt(const std::vector<vmtelem::LibvirtHooks::Record>& records) {
  auto** list = static_cast<virDomainStatsRecordPtr*>(std::calloc(records.size() + 1, sizeof(virDomainStatsRecordPtr)));
  for (std::size_t i = 0; i < records.size(); ++i) {
    list[i] = static_cast<virDomainStatsRecordPtr>(std::calloc(1, sizeof(virDomainStatsRecord)));
    virDomainRef(records[i].domain);
    list[i]->dom = records[i].domain;
    list[i]->params = records[i].parameters->Release(list[i]->nparams);
  }
  return list;
}

using Function = vmtelem::LibvirtHooks::Function;

// False: the call fails.
bool Before(Function function, virConnectPtr connect, const std::string& vm = {}) {
  const auto* hooks = current.load();
  return hooks == nullptr || !hooks->before || hooks->before({function, connect, vm});
}

bool Before(Function function, virDomainPtr domain) {
  char uuid[VIR_UUID_STRING_BUFLEN] = "";
  virDomainGetUUIDString(domain, uuid);
  return Before(function, virDomainGetConnect(domain), uuid);
}

}  // namespace

namespace vmtelem {

LibvirtHooks::LibvirtHooks() { current = this; }
LibvirtHooks::~LibvirtHooks() { current = nullptr; }

void LibvirtHooks::FailWith(int code, int domain, const std::string& message) {
  scripted.pending = true;
  scripted.message = message;
  scripted.error = {};
  scripted.error.code = code;
  scripted.error.domain = domain;
  scripted.error.message = scripted.message.data();
}

}  // namespace vmtelem

extern "C" {

virErrorPtr virGetLastError(void) {
  if (!scripted.pending) return Real<decltype(virGetLastError)>("virGetLastError")();
  scripted.pending = false;
  return &scripted.error;
}

int virDomainListGetStats(virDomainPtr* doms, unsigned int stats, virDomainStatsRecordPtr** retStats,
                          unsigned int flags) {
  const bool is_state = stats == VIR_DOMAIN_STATS_STATE && doms[1] == nullptr;
  if (!Before(is_state ? Function::kState : Function::kBulk, virDomainGetConnect(doms[0]))) return -1;
  const auto* hooks = current.load();
  const auto* hook = hooks == nullptr ? nullptr : is_state ? &hooks->state : &hooks->bulk;
  if (hook == nullptr || !*hook) {
    return Real<decltype(virDomainListGetStats)>("virDomainListGetStats")(doms, stats, retStats, flags);
  }
  std::size_t count = 0;
  while (doms[count] != nullptr) ++count;
  const auto answer = (*hook)({{doms, count}, stats, flags});
  if (!answer) return -1;
  *retStats = ToLibvirt(*answer);
  return static_cast<int>(answer->size());
}

int virConnectListAllDomains(virConnectPtr conn, virDomainPtr** domains, unsigned int flags) {
  if (!Before(Function::kList, conn)) return -1;
  const auto* hooks = current.load();
  if (hooks != nullptr && hooks->refuse_list) {
    vmtelem::LibvirtHooks::FailWith(VIR_ERR_OPERATION_FAILED, VIR_FROM_TEST);
    return -1;
  }
  const int count = Real<decltype(virConnectListAllDomains)>("virConnectListAllDomains")(conn, domains, flags);
  if (hooks != nullptr && hooks->listed) hooks->listed(conn);
  return count;
}

virConnectPtr virConnectOpenAuth(const char* name, virConnectAuthPtr auth, unsigned int flags) {
  auto* hooks = current.load();
  if (hooks != nullptr) {
    ++hooks->opens;
    if (hooks->on_open) hooks->on_open(name, auth, flags);
    if (!Before(Function::kOpen, virConnectPtr{nullptr})) return nullptr;
    if (hooks->refuse_open && hooks->refuse_open()) return nullptr;
    if (!hooks->open_as.empty()) name = hooks->open_as.c_str();
  }
  const virConnectPtr opened = Real<decltype(virConnectOpenAuth)>("virConnectOpenAuth")(name, auth, flags);
  if (opened != nullptr && hooks != nullptr && hooks->opened) hooks->opened(opened);
  return opened;
}

virDomainPtr virDomainLookupByUUIDString(virConnectPtr conn, const char* uuidstr) {
  if (!Before(Function::kLookUp, conn, uuidstr)) return nullptr;
  return Real<decltype(virDomainLookupByUUIDString)>("virDomainLookupByUUIDString")(conn, uuidstr);
}

virDomainPtr virDomainLookupByName(virConnectPtr conn, const char* name) {
  if (!Before(Function::kLookUp, conn, name)) return nullptr;
  return Real<decltype(virDomainLookupByName)>("virDomainLookupByName")(conn, name);
}

char* virDomainGetXMLDesc(virDomainPtr domain, unsigned int flags) {
  auto* hooks = current.load();
  if (hooks != nullptr) ++hooks->xml_reads;
  if (!Before(Function::kXml, domain)) return nullptr;
  return Real<decltype(virDomainGetXMLDesc)>("virDomainGetXMLDesc")(domain, flags);
}

int virDomainGetInfo(virDomainPtr domain, virDomainInfoPtr info) {
  if (!Before(Function::kInfo, domain)) return -1;
  return Real<decltype(virDomainGetInfo)>("virDomainGetInfo")(domain, info);
}

int virDomainGetControlInfo(virDomainPtr domain, virDomainControlInfoPtr info, unsigned int flags) {
  if (!Before(Function::kControlInfo, domain)) return -1;
  const auto* hooks = current.load();
  if (hooks == nullptr || !hooks->control_info) {
    return Real<decltype(virDomainGetControlInfo)>("virDomainGetControlInfo")(domain, info, flags);
  }
  *info = hooks->control_info(domain);
  return 0;
}

int virDomainInterfaceStats(virDomainPtr dom, const char* device, virDomainInterfaceStatsPtr stats, size_t size) {
  const auto* hooks = current.load();
  if (hooks != nullptr && hooks->fail_nics) {
    vmtelem::LibvirtHooks::FailWith(VIR_ERR_INVALID_ARG, VIR_FROM_TEST, "no such interface");
    return -1;
  }
  return Real<decltype(virDomainInterfaceStats)>("virDomainInterfaceStats")(dom, device, stats, size);
}

int virDomainBlockStats(virDomainPtr dom, const char* disk, virDomainBlockStatsPtr stats, size_t size) {
  const auto* hooks = current.load();
  if (hooks != nullptr && hooks->fail_disks) {
    vmtelem::LibvirtHooks::FailWith(VIR_ERR_INVALID_ARG, VIR_FROM_TEST, "no such disk");
    return -1;
  }
  return Real<decltype(virDomainBlockStats)>("virDomainBlockStats")(dom, disk, stats, size);
}

int virNodeGetCPUMap(virConnectPtr conn, unsigned char** cpumap, unsigned int* online, unsigned int flags) {
  if (!Before(Function::kPing, conn)) return -1;
  return Real<decltype(virNodeGetCPUMap)>("virNodeGetCPUMap")(conn, cpumap, online, flags);
}

char* virConnectGetHostname(virConnectPtr conn) {
  if (!Before(Function::kHostName, conn)) return nullptr;
  const auto* hooks = current.load();
  if (hooks == nullptr || !hooks->host_name) {
    return Real<decltype(virConnectGetHostname)>("virConnectGetHostname")(conn);
  }
  const std::string name = hooks->host_name();
  return name.empty() ? nullptr : ::strdup(name.c_str());
}

int virConnectClose(virConnectPtr conn) {
  static_cast<void>(Before(Function::kClose, conn));
  const int references = Real<decltype(virConnectClose)>("virConnectClose")(conn);
  auto* hooks = current.load();
  if (hooks == nullptr) return references;
  ++hooks->closes;
  if (hooks->closed) hooks->closed(conn);
  return references;
}

const char* virConnectGetType(virConnectPtr conn) {
  const auto* hooks = current.load();
  if (hooks != nullptr && !hooks->type.empty()) return hooks->type.c_str();
  return Real<decltype(virConnectGetType)>("virConnectGetType")(conn);
}

int virConnectIsAlive(virConnectPtr conn) {
  const auto* hooks = current.load();
  if (hooks != nullptr && !hooks->alive) return 0;
  if (hooks != nullptr && hooks->is_alive && !hooks->is_alive(conn)) return 0;
  return Real<decltype(virConnectIsAlive)>("virConnectIsAlive")(conn);
}
}
