#pragma once

namespace vmtelem {

// The settings of encoding.
struct EncodeOptions {
  bool per_vcpu = false;  // write a vm_vcpu line for each vCPU
};

}  // namespace vmtelem
