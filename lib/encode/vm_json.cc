#include "encode/vm_json.h"

#include <nlohmann/json.hpp>

#include "encode/names.h"
#include "encode/walk.h"

namespace vmtelem {
namespace {

using Json = nlohmann::ordered_json;

// A FieldWriter that fills an object.
class ObjectWriter {
 public:
  explicit ObjectWriter(Json& object) : object_(object) {}
  void Integer(const FieldName& name, std::int64_t value) { object_.emplace(name.name(), value); }
  void Float(const FieldName& name, double value) { object_.emplace(name.name(), value); }
  void Flag(const FieldName& name, bool value) { object_.emplace(name.name(), value); }

 private:
  Json& object_;
};

Json Device(const std::string& device) { return {{"device", RepairName(device)}}; }

}  // namespace

void AddVmFields(Json& vm, const DomainStats& domain, const DomainDerived& derived) {
  ObjectWriter fields(vm);
  WriteTotals(fields, domain, derived);
  if (derived.has_features) WriteFeatures(fields, derived);
  Json nics = Json::array(), disks = Json::array();
  for (std::size_t i = 0; i < domain.nics.size(); ++i) {
    ObjectWriter nic(nics.emplace_back(Device(domain.nics[i].device)));
    WriteNic(nic, domain.nics[i], DerivedAt(derived.nic_rates, i));
  }
  for (std::size_t i = 0; i < domain.disks.size(); ++i) {
    ObjectWriter disk(disks.emplace_back(Device(domain.disks[i].device)));
    WriteDisk(disk, domain.disks[i], DerivedAt(derived.disk_rates, i));
  }
  vm.emplace("nics", std::move(nics));
  vm.emplace("disks", std::move(disks));
}

}  // namespace vmtelem
